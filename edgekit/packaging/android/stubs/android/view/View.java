// Signatures of Android, to compile against; never shipped.
package android.view;

import android.content.Context;

public class View {
    public View(Context context) {}

    public interface OnClickListener {
        void onClick(View v);
    }

    public void setOnClickListener(OnClickListener l) {}

    public void setEnabled(boolean enabled) {}

    public void setFitsSystemWindows(boolean fitSystemWindows) {}
}
