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

/** Loads a model, proves it, and runs it on what is typed; what that is, the model's own activity says. */
abstract class SampleActivity<M> extends Activity implements ModelLoader.Callback<M> {
    final ExecutorService worker = Executors.newSingleThreadExecutor();
    TextView answer;
    private Button button;
    private M model;

    /** What the button says. */
    abstract String action();

    /** Load the model on the worker's thread. */
    abstract void load();

    /** Run the golden cases, on the worker's thread. */
    abstract SelfTest test(M model);

    /** Run the model on what was typed. */
    abstract void run(M model, String text);

    /** End what the model is doing. */
    void cancel(M model) {}

    /** Give back the model's memory, on the worker's thread. */
    abstract void close(M model);

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        EditText input = new EditText(this);
        answer = new TextView(this);
        button = new Button(this);
        button.setText(action());
        button.setEnabled(false);
        button.setOnClickListener(view -> run(model, input.getText().toString()));
        LinearLayout screen = new LinearLayout(this);
        screen.setOrientation(LinearLayout.VERTICAL);
        screen.addView(input);
        screen.addView(button);
        screen.addView(answer);
        setContentView(screen);
        load();
    }

    @Override
    public void onLoaded(M loaded) {
        model = loaded;
        worker.execute(this::prove);
    }

    @Override
    public void onFailed(ModelException error) {
        answer.setText(error.getMessage());
    }

    private void prove() {
        try {
            show(test(model).toString());
            runOnUiThread(() -> button.setEnabled(true));
        } catch (ModelException error) {
            show("the self-test failed: " + error.getMessage());
        }
    }

    void show(String text) {
        runOnUiThread(() -> answer.setText(text));
    }

    @Override
    protected void onDestroy() {
        if (model != null) {
            cancel(model);
        }
        worker.execute(() -> {
            if (model != null) {
                close(model);
            }
        });
        worker.shutdown();
        super.onDestroy();
    }
}
