// A double of Android's class: a screen that a test makes and destroys.
package android.app;

import android.content.ContextWrapper;
import android.os.Bundle;
import android.os.Handler;
import android.os.Looper;
import android.view.View;

public class Activity extends ContextWrapper {
    private View content;
    private boolean destroyed;

    protected void onCreate(Bundle savedInstanceState) {}

    protected void onDestroy() {}

    /** As the system calls it. */
    public final void performCreate() {
        onCreate(null);
    }

    /** As the system calls it. */
    public final void performDestroy() {
        destroyed = true;
        onDestroy();
    }

    public boolean isDestroyed() {
        return destroyed;
    }

    public void setContentView(View view) {
        content = view;
    }

    public final View content() {
        return content;
    }

    public final void runOnUiThread(Runnable action) {
        if (Looper.onMainThread()) {
            action.run();
        } else {
            new Handler(Looper.getMainLooper()).post(action);
        }
    }
}
