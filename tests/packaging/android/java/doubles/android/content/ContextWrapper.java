// A double of Android's class: an app whose assets lie in a folder.
package android.content;

import android.content.res.AssetManager;

public class ContextWrapper extends Context {
    @Override
    public AssetManager getAssets() {
        return new AssetManager();
    }

    @Override
    public Context getApplicationContext() {
        return this;
    }
}
