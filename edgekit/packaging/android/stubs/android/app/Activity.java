// Signatures of Android, to compile against; never shipped.
package android.app;

import android.content.ContextWrapper;
import android.os.Bundle;
import android.view.View;

public class Activity extends ContextWrapper {
    protected void onCreate(Bundle savedInstanceState) {}

    protected void onDestroy() {}

    public void setContentView(View view) {}

    public final void runOnUiThread(Runnable action) {}

    public boolean isDestroyed() {
        throw new UnsupportedOperationException();
    }
}
