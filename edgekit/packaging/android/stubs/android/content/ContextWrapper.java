// Signatures of Android, to compile against; never shipped.
package android.content;

import android.content.res.AssetManager;

public class ContextWrapper extends Context {
    @Override
    public AssetManager getAssets() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Context getApplicationContext() {
        throw new UnsupportedOperationException();
    }
}
