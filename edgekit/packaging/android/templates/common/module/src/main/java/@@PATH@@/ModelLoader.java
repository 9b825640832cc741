// Loading off the main thread, for Java.
package @@ID@@;

import android.content.Context;
import android.os.Handler;
import android.os.Looper;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Loads on an executor's thread and calls back on the main one, unless it was cancelled before. */
public final class ModelLoader {
    /** Hears of what was loaded, on the main thread; closing it is the callback's from then on. */
    public interface Callback<T> {
        void onLoaded(T model);

        void onFailed(ModelException error);
    }

    private final Handler main = new Handler(Looper.getMainLooper());
    private volatile boolean cancelled;

    private ModelLoader() {}

    public static ModelLoader classifier(Context context, Executor executor, Callback<Classifier> callback) {
        Context app = context.getApplicationContext();
        return begin(() -> Classifier.load(new AssetBundle(app)), Classifier::close, executor, callback);
    }

    public static ModelLoader generator(Context context, Executor executor, Callback<Generator> callback) {
        Context app = context.getApplicationContext();
        return begin(() -> Generator.load(new AssetBundle(app)), Generator::close, executor, callback);
    }

    /**
     * From the main thread, as when a screen goes: nothing is called back from now on, and what is loaded all the same
     * is closed. Of no effect after a callback.
     */
    public void cancel() {
        cancelled = true;
    }

    private static <T> ModelLoader begin(
            Supplier<T> loading, Consumer<T> closing, Executor executor, Callback<T> callback) {
        ModelLoader loader = new ModelLoader();
        executor.execute(() -> loader.load(loading, closing, callback));
        return loader;
    }

    private <T> void load(Supplier<T> loading, Consumer<T> closing, Callback<T> callback) {
        if (cancelled) {
            return;
        }
        try {
            T model = loading.get();
            main.post(() -> {
                if (cancelled) {
                    closing.accept(model);
                } else {
                    callback.onLoaded(model);
                }
            });
        } catch (ModelException error) {
            fail(error, callback);
        } catch (RuntimeException | LinkageError | OutOfMemoryError error) {
            // a runtime that has no library for this processor is a LinkageError
            fail(new ModelException("loading failed: " + error, error), callback);
        }
    }

    private void fail(ModelException error, Callback<?> callback) {
        main.post(() -> {
            if (!cancelled) {
                callback.onFailed(error);
            }
        });
    }
}
