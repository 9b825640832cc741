// One screen: a text in, what the model makes of it out, and the result of the self-test.
package @@ID@@.sample;

import android.app.Activity;
import android.os.Bundle;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.TextView;
import @@ID@@.ModelException;
import @@ID@@.ModelLoader;
import @@ID@@.SelfTest;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Loads a model, proves it, and runs it on what is typed; what that is, the model's own activity says.
 *
 * <p>A phone that is turned destroys the screen in the middle of any of these, and makes another: what comes afterwards
 * is dropped, and the model is closed.
 */
abstract class SampleActivity<M> extends Activity implements ModelLoader.Callback<M> {
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private TextView answer;
    private Button button;
    private ModelLoader loader;
    private M model;

    /** What the button says. */
    abstract String action();

    /** Begin to load the model on a thread of `executor`. */
    abstract ModelLoader load(ExecutorService executor);

    /** Run the golden cases, on the worker's thread. */
    abstract SelfTest test(M model);

    /** Run the model on what was typed, on the worker's thread. */
    abstract void run(M model, String text);

    /** End what the model is doing, before it is run again. */
    void cancel(M model) {}

    /** Give back the model's memory. */
    abstract void close(M model);

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        EditText input = new EditText(this);
        answer = new TextView(this);
        button = new Button(this);
        button.setText(action());
        button.setEnabled(false);
        button.setOnClickListener(view -> press(input.getText().toString()));
        LinearLayout screen = new LinearLayout(this);
        screen.setOrientation(LinearLayout.VERTICAL);
        // below the system's bars, where apps for Android 15 and newer begin
        screen.setFitsSystemWindows(true);
        screen.addView(input);
        screen.addView(button);
        screen.addView(answer);
        setContentView(screen);
        loader = load(worker);
    }

    @Override
    public void onLoaded(M loaded) {
        model = loaded;
        work("the self-test failed: ", () -> {
            show(test(loaded).toString());
            onScreen(() -> button.setEnabled(true));
        });
    }

    @Override
    public void onFailed(ModelException error) {
        answer.setText(error.getMessage());
    }

    private void press(String text) {
        cancel(model);
        work("", () -> run(model, text));
    }

    /** Do it on the worker's thread; what the model refuses, as a text that is too long, is shown. */
    private void work(String failed, Runnable task) {
        if (isDestroyed()) {
            return;
        }
        worker.execute(() -> {
            try {
                task.run();
            } catch (ModelException error) {
                show(failed + error.getMessage());
            }
        });
    }

    /** Show a text instead of the one before. */
    final void show(String text) {
        onScreen(() -> answer.setText(text));
    }

    /** Show a text behind the one before. */
    final void append(String text) {
        onScreen(() -> answer.append(text));
    }

    private void onScreen(Runnable change) {
        runOnUiThread(() -> {
            if (!isDestroyed()) {
                change.run();
            }
        });
    }

    @Override
    protected void onDestroy() {
        loader.cancel();
        if (model != null) {
            // does not wait for the worker, and ends what it does
            close(model);
        }
        worker.shutdown();
        super.onDestroy();
    }
}
