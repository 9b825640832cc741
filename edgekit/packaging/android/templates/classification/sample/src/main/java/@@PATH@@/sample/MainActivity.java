// One screen: a text in, its label, score and time out, and the result of the self-test.
package @@ID@@.sample;

import android.app.Activity;
import android.os.Bundle;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.TextView;
import @@ID@@.Classifier;
import @@ID@@.ModelException;
import @@ID@@.ModelLoader;
import @@ID@@.Prediction;
import @@ID@@.SelfTest;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Loads the classifier, proves it, and runs it on what is typed. */
public final class MainActivity extends Activity {
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private EditText input;
    private TextView answer;
    private Button button;
    private Classifier classifier;

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        input = new EditText(this);
        answer = new TextView(this);
        button = new Button(this);
        button.setText("Classify");
        button.setEnabled(false);
        button.setOnClickListener(view -> classify(input.getText().toString()));
        LinearLayout screen = new LinearLayout(this);
        screen.setOrientation(LinearLayout.VERTICAL);
        screen.addView(input);
        screen.addView(button);
        screen.addView(answer);
        setContentView(screen);
        ModelLoader.classifier(this, worker, new ModelLoader.Callback<Classifier>() {
            @Override
            public void onLoaded(Classifier model) {
                classifier = model;
                worker.execute(MainActivity.this::test);
            }

            @Override
            public void onFailed(ModelException error) {
                answer.setText(error.getMessage());
            }
        });
    }

    private void test() {
        try {
            show(SelfTest.run(classifier).toString());
            runOnUiThread(() -> button.setEnabled(true));
        } catch (ModelException error) {
            show("the self-test failed: " + error.getMessage());
        }
    }

    private void classify(String text) {
        worker.execute(() -> {
            long started = System.nanoTime();
            Prediction prediction = classifier.classify(text);
            show(prediction + ", " + (System.nanoTime() - started) / 1_000_000.0 + " ms");
        });
    }

    private void show(String text) {
        runOnUiThread(() -> answer.setText(text));
    }

    @Override
    protected void onDestroy() {
        worker.execute(() -> {
            if (classifier != null) {
                classifier.close();
            }
        });
        worker.shutdown();
        super.onDestroy();
    }
}
