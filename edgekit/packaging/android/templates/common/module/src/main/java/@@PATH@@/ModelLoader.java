// Loading off the main thread, for Java.
package @@ID@@;

import android.content.Context;
import android.os.Handler;
import android.os.Looper;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;

/** Loads on an executor's thread and calls back on the main one. */
public final class ModelLoader {
    /** Hears of what was loaded, on the main thread. */
    public interface Callback<T> {
        void onLoaded(T model);

        void onFailed(ModelException error);
    }

    private ModelLoader() {}

    public static void classifier(Context context, Executor executor, Callback<Classifier> callback) {
        Context app = context.getApplicationContext();
        load(() -> Classifier.load(new AssetBundle(app)), executor, callback);
    }

    public static void generator(Context context, Executor executor, Callback<Generator> callback) {
        Context app = context.getApplicationContext();
        load(() -> Generator.load(new AssetBundle(app)), executor, callback);
    }

    private static <T> void load(Callable<T> loading, Executor executor, Callback<T> callback) {
        Handler main = new Handler(Looper.getMainLooper());
        executor.execute(() -> {
            try {
                T model = loading.call();
                main.post(() -> callback.onLoaded(model));
            } catch (ModelException error) {
                main.post(() -> callback.onFailed(error));
            } catch (Exception error) {
                ModelException wrapped = new ModelException("loading failed: " + error.getMessage(), error);
                main.post(() -> callback.onFailed(wrapped));
            }
        });
    }
}
