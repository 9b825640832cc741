// A text in, what the model says of it and its time out.
package @@ID@@.sample;

import @@ID@@.Classifier;
import @@ID@@.ModelLoader;
import @@ID@@.Prediction;
import @@ID@@.SelfTest;

/** Classifies what is typed. */
public final class MainActivity extends SampleActivity<Classifier> {
    @Override
    String action() {
        return "Classify";
    }

    @Override
    void load() {
        ModelLoader.classifier(this, worker, this);
    }

    @Override
    SelfTest test(Classifier classifier) {
        return SelfTest.run(classifier);
    }

    @Override
    void run(Classifier classifier, String text) {
        worker.execute(() -> {
            long started = System.nanoTime();
            Prediction prediction = classifier.classify(text);
            show(prediction + ", " + (System.nanoTime() - started) / 1_000_000.0 + " ms");
        });
    }

    @Override
    void close(Classifier classifier) {
        classifier.close();
    }
}
