// A text in, what the model says of it and its time out.
package @@ID@@.sample;

import @@ID@@.Classifier;
import @@ID@@.ModelLoader;
import @@ID@@.Prediction;
import @@ID@@.SelfTest;
import java.util.concurrent.ExecutorService;

/** Classifies what is typed. */
public final class MainActivity extends SampleActivity<Classifier> {
    @Override
    String action() {
        return "Classify";
    }

    @Override
    ModelLoader load(ExecutorService executor) {
        return ModelLoader.classifier(this, executor, this);
    }

    @Override
    SelfTest test(Classifier classifier) {
        return SelfTest.run(classifier);
    }

    @Override
    void run(Classifier classifier, String text) {
        long started = System.nanoTime();
        Prediction prediction = classifier.classify(text);
        show(prediction + ", " + (System.nanoTime() - started) / 1_000_000.0 + " ms");
    }

    @Override
    void close(Classifier classifier) {
        classifier.close();
    }
}
