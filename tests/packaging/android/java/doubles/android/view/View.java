// A double of Android's class: only the main thread may touch it, and nobody once its screen is gone.
package android.view;

import android.app.Activity;
import android.content.Context;
import android.os.Looper;

public class View {
    private final Activity screen;
    private OnClickListener listener;
    private boolean enabled = true;

    public View(Context context) {
        screen = (Activity) context;
    }

    public interface OnClickListener {
        void onClick(View v);
    }

    protected final void touch() {
        if (!Looper.onMainThread() || screen.isDestroyed()) {
            throw new AssertionError("a view is touched from another thread, or after its screen is gone");
        }
    }

    public void setOnClickListener(OnClickListener l) {
        listener = l;
    }

    public boolean performClick() {
        listener.onClick(this);
        return true;
    }

    public void setEnabled(boolean enabled) {
        touch();
        this.enabled = enabled;
    }

    public boolean isEnabled() {
        return enabled;
    }

    public void setFitsSystemWindows(boolean fitSystemWindows) {}
}
