// A classifier between its loading and its closing.
import ai.onnxruntime.Watch;
import android.app.Activity;
import android.content.res.AssetManager;
import android.os.Looper;
import com.example.app.AssetBundle;
import com.example.app.Classifier;
import com.example.app.ModelException;
import com.example.app.SelfTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

final class ClassifierCases {
    private ClassifierCases() {}

    private static Classifier load() throws Exception {
        return Cases.elsewhere(() -> Classifier.load(new AssetBundle(new Activity())));
    }

    static void addTo(Cases cases) {
        cases.add("the main thread does not load", ClassifierCases::mainThread);
        cases.add("nothing is read after loading", ClassifierCases::readsNothing);
        cases.add("closed twice", ClassifierCases::closedTwice);
        cases.add("used after closing", ClassifierCases::usedAfterClosing);
        cases.add("closed while a text is in work", ClassifierCases::closedInWork);
        cases.add("closed while its self-test runs", ClassifierCases::closedInSelfTest);
        cases.add("used and closed by many threads", ClassifierCases::closedByMany);
    }

    private static void mainThread() {
        try {
            Classifier.load(new AssetBundle(new Activity()));
        } catch (IllegalStateException error) {
            Cases.check(error.getMessage().contains("ModelLoader"), error.getMessage());
            return;
        }
        throw new AssertionError("it was loaded");
    }

    private static void readsNothing() throws Exception {
        try (Classifier classifier = load()) {
            int read = AssetManager.OPENED.get();
            SelfTest.run(classifier);
            classifier.classify("open the door");
            Cases.same(AssetManager.OPENED.get(), read);
        }
    }

    private static void closedTwice() throws Exception {
        Classifier classifier = load();
        int before = Watch.CLOSED.get();
        classifier.close();
        classifier.close();
        Cases.same(Watch.CLOSED.get() - before, 1);
    }

    private static void usedAfterClosing() throws Exception {
        Classifier classifier = load();
        classifier.close();
        Cases.closed(() -> classifier.classify("open"));
        Cases.closed(() -> classifier.classify("open", "the door"));
        Cases.closed(() -> SelfTest.run(classifier));
    }

    private static void closedInWork() throws Exception {
        Classifier classifier = load();
        Watch.RUN.hold();
        CompletableFuture<String> answer = Cases.begun(() -> classifier.classify("open").toString());
        CompletableFuture<String> next = Cases.begun(() -> classifier.classify("close").toString());
        Looper.until("a run", Watch.RUN::isReached);
        int before = Watch.CLOSED.get();
        // the main thread does not wait
        classifier.close();
        classifier.close();
        Cases.same(Watch.CLOSED.get(), before);
        Cases.closed(() -> classifier.classify("open"));
        Watch.RUN.letGo();
        Looper.until("both", () -> answer.isDone() && next.isDone());
        // the one in work has its answer, the one that waited is told
        Cases.check(answer.isCompletedExceptionally() != next.isCompletedExceptionally(), "one answer");
        Cases.closed(() -> {
            try {
                answer.join();
                next.join();
            } catch (java.util.concurrent.CompletionException error) {
                throw (Exception) error.getCause();
            }
        });
        Cases.same(Watch.CLOSED.get() - before, 1);
    }

    /** Whoever comes first: each text has its answer or is told, and the last one out closes. */
    private static void closedByMany() throws Exception {
        for (int round = 0; round < 20; round++) {
            Classifier classifier = load();
            List<CompletableFuture<?>> threads = new ArrayList<>();
            for (int thread = 0; thread < 6; thread++) {
                boolean closes = thread % 3 == 2;
                threads.add(Cases.begun(() -> {
                    for (int text = 0; text < 5; text++) {
                        answerOrClosed(classifier);
                    }
                    if (closes) {
                        classifier.close();
                    }
                    return null;
                }));
            }
            CompletableFuture<Void> all = CompletableFuture.allOf(threads.toArray(new CompletableFuture<?>[0]));
            Looper.until("all of them", all::isDone);
            all.get();
        }
    }

    private static void answerOrClosed(Classifier classifier) {
        try {
            classifier.classify("open the door");
        } catch (ModelException error) {
            Cases.check(error.getMessage().contains("is closed"), error.getMessage());
        }
    }

    private static void closedInSelfTest() throws Exception {
        Classifier classifier = load();
        Watch.RUN.hold();
        CompletableFuture<SelfTest> tested = Cases.begun(() -> SelfTest.run(classifier));
        Looper.until("a run", Watch.RUN::isReached);
        classifier.close();
        Watch.RUN.letGo();
        Looper.until("an end", tested::isDone);
        Cases.check(tested.isCompletedExceptionally(), "it went on");
    }
}
