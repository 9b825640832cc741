// A prompt in, the text out as it is written.
package @@ID@@.sample;

import @@ID@@.GenerationOptions;
import @@ID@@.Generator;
import @@ID@@.ModelLoader;
import @@ID@@.SelfTest;

/** Goes on with what is typed. */
public final class MainActivity extends SampleActivity<Generator> {
    @Override
    String action() {
        return "Go on";
    }

    @Override
    void load() {
        ModelLoader.generator(this, worker, this);
    }

    @Override
    SelfTest test(Generator generator) {
        return SelfTest.run(generator);
    }

    @Override
    void run(Generator generator, String prompt) {
        // a press of the button ends the text before
        generator.cancel();
        worker.execute(() -> {
            show(prompt);
            generator.generate(prompt, GenerationOptions.usual(), piece -> runOnUiThread(() -> answer.append(piece)));
        });
    }

    @Override
    void cancel(Generator generator) {
        generator.cancel();
    }

    @Override
    void close(Generator generator) {
        generator.close();
    }
}
