// One screen: a prompt in, the text out as it is written, and the result of the self-test.
package @@ID@@.sample;

import android.app.Activity;
import android.os.Bundle;
import android.widget.Button;
import android.widget.EditText;
import android.widget.LinearLayout;
import android.widget.TextView;
import @@ID@@.GenerationOptions;
import @@ID@@.Generator;
import @@ID@@.ModelException;
import @@ID@@.ModelLoader;
import @@ID@@.SelfTest;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Loads the generator, proves it, and lets it go on with what is typed. */
public final class MainActivity extends Activity {
    private final ExecutorService worker = Executors.newSingleThreadExecutor();
    private EditText input;
    private TextView answer;
    private Button button;
    private Generator generator;

    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        input = new EditText(this);
        answer = new TextView(this);
        button = new Button(this);
        button.setText("Go on");
        button.setEnabled(false);
        button.setOnClickListener(view -> write(input.getText().toString()));
        LinearLayout screen = new LinearLayout(this);
        screen.setOrientation(LinearLayout.VERTICAL);
        screen.addView(input);
        screen.addView(button);
        screen.addView(answer);
        setContentView(screen);
        ModelLoader.generator(this, worker, new ModelLoader.Callback<Generator>() {
            @Override
            public void onLoaded(Generator model) {
                generator = model;
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
            show(SelfTest.run(generator).toString());
            runOnUiThread(() -> button.setEnabled(true));
        } catch (ModelException error) {
            show("the self-test failed: " + error.getMessage());
        }
    }

    private void write(String prompt) {
        // a press of the button ends the text before
        generator.cancel();
        worker.execute(() -> {
            show(prompt);
            generator.generate(prompt, GenerationOptions.usual(), piece -> runOnUiThread(() -> answer.append(piece)));
        });
    }

    private void show(String text) {
        runOnUiThread(() -> answer.setText(text));
    }

    @Override
    protected void onDestroy() {
        if (generator != null) {
            generator.cancel();
        }
        worker.execute(() -> {
            if (generator != null) {
                generator.close();
            }
        });
        worker.shutdown();
        super.onDestroy();
    }
}
