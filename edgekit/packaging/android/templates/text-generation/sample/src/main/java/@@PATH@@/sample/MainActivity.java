// A prompt in, the text out as it is written.
package @@ID@@.sample;

import @@ID@@.GenerationOptions;
import @@ID@@.Generator;
import @@ID@@.ModelLoader;
import @@ID@@.SelfTest;
import java.util.concurrent.ExecutorService;

/** Goes on with what is typed. */
public final class MainActivity extends SampleActivity<Generator> {
    @Override
    String action() {
        return "Go on";
    }

    @Override
    ModelLoader load(ExecutorService executor) {
        return ModelLoader.generator(this, executor, this);
    }

    @Override
    SelfTest test(Generator generator) {
        return SelfTest.run(generator);
    }

    @Override
    void run(Generator generator, String prompt) {
        show(prompt);
        generator.generate(prompt, GenerationOptions.usual(), this::append);
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
