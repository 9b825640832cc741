// A generator and its texts between its loading and its closing.
import ai.onnxruntime.Watch;
import android.app.Activity;
import android.content.res.AssetManager;
import android.os.Looper;
import com.example.app.AssetBundle;
import com.example.app.Generation;
import com.example.app.Generation.Finish;
import com.example.app.GenerationOptions;
import com.example.app.Generator;
import com.example.app.ModelException;
import com.example.app.SelfTest;
import com.example.app.TextListener;
import java.util.concurrent.CompletableFuture;

final class GeneratorCases {
    private static final String PROMPT = "the fox and";
    private static final GenerationOptions LONG = GenerationOptions.usual().maxTokens(40).slidesWhenFull(true);

    private GeneratorCases() {}

    private static Generator load() throws Exception {
        return Cases.elsewhere(() -> Generator.load(new AssetBundle(new Activity())));
    }

    static void addTo(Cases cases) {
        cases.add("nothing is read after loading", GeneratorCases::readsNothing);
        cases.add("closed twice", GeneratorCases::closedTwice);
        cases.add("used after closing", GeneratorCases::usedAfterClosing);
        cases.add("closed while a text is in work", GeneratorCases::closedInWork);
        cases.add("closed while its self-test runs", GeneratorCases::closedInSelfTest);
        cases.add("another text ends one", GeneratorCases::endedByAnother);
        cases.add("another text ends one in work", GeneratorCases::endedInWork);
        cases.add("a self-test ends a text", GeneratorCases::endedBySelfTest);
        cases.add("a refused prompt ends no text", GeneratorCases::refusedPrompt);
        cases.add("a text that has ended stays ended", GeneratorCases::staysEnded);
    }

    private static void readsNothing() throws Exception {
        try (Generator generator = load()) {
            int read = AssetManager.OPENED.get();
            SelfTest.run(generator);
            generator.generate(PROMPT, LONG);
            Cases.same(AssetManager.OPENED.get(), read);
        }
    }

    private static void closedTwice() throws Exception {
        Generator generator = load();
        int before = Watch.CLOSED.get();
        generator.close();
        generator.close();
        generator.cancel();
        Cases.same(Watch.CLOSED.get() - before, 1);
    }

    private static void usedAfterClosing() throws Exception {
        Generator generator = load();
        Generation text = generator.start(PROMPT, LONG);
        text.next();
        int tokens = text.ids().length;
        generator.close();
        Cases.same(text.finish(), Finish.CANCELLED);
        Cases.check(!text.hasNext(), "a closed generator goes on");
        Cases.same(text.ids().length, tokens);
        Cases.closed(text::next);
        Cases.closed(() -> generator.start(PROMPT, LONG));
        Cases.closed(() -> generator.generate(PROMPT, LONG));
        Cases.closed(() -> generator.generate(PROMPT, LONG, piece -> {}));
        Cases.closed(() -> SelfTest.run(generator));
    }

    private static void closedInWork() throws Exception {
        Generator generator = load();
        CompletableFuture<Generation> made = Cases.begun(() -> generator.generate(PROMPT, LONG, heldOnce()));
        Looper.until("a run", Watch.RUN::isReached);
        int before = Watch.CLOSED.get();
        // the main thread does not wait
        generator.close();
        generator.close();
        Cases.same(Watch.CLOSED.get(), before);
        Watch.RUN.letGo();
        Looper.until("an end", made::isDone);
        Cases.same(made.get().finish(), Finish.CANCELLED);
        Cases.check(made.get().ids().length < 40, "it went on");
        Cases.same(Watch.CLOSED.get() - before, 1);
    }

    /** Holds the run after a text's first piece. */
    private static TextListener heldOnce() {
        int[] pieces = {0};
        return piece -> {
            if (pieces[0]++ == 0) {
                Watch.RUN.hold();
            }
        };
    }

    private static void closedInSelfTest() throws Exception {
        Generator generator = load();
        Watch.RUN.hold();
        CompletableFuture<SelfTest> tested = Cases.begun(() -> SelfTest.run(generator));
        Looper.until("a run", Watch.RUN::isReached);
        generator.close();
        Watch.RUN.letGo();
        Looper.until("an end", tested::isDone);
        Cases.check(tested.isCompletedExceptionally(), "it went on");
    }

    private static void endedByAnother() throws Exception {
        try (Generator generator = load()) {
            String alone = generator.generate(PROMPT, LONG);
            Generation first = generator.start("once upon", LONG);
            String begun = first.next();
            Generation second = generator.start(PROMPT, LONG);
            // at once, whether anybody asks for more of it or not
            Cases.same(first.finish(), Finish.CANCELLED);
            StringBuilder text = new StringBuilder();
            while (second.hasNext()) {
                text.append(second.next());
                // what it had to give is given, and no more
                begun += first.hasNext() ? first.next() : "";
            }
            Cases.check(!first.hasNext(), "two texts at a time");
            Cases.check(begun.length() < 20, begun);
            Cases.same(second.finish(), Finish.LENGTH);
            Cases.same(text.toString(), alone);
        }
    }

    private static void endedInWork() throws Exception {
        try (Generator generator = load()) {
            String alone = generator.generate(PROMPT, LONG);
            CompletableFuture<Generation> first =
                    Cases.begun(() -> generator.generate("once upon", LONG, heldOnce()));
            Looper.until("a run", Watch.RUN::isReached);
            CompletableFuture<String> second = Cases.begun(() -> generator.generate(PROMPT, LONG));
            Looper.until("a wait", () -> first.isDone() || Watch.RUN.isReached());
            Thread.sleep(50);
            Watch.RUN.letGo();
            Looper.until("both", () -> first.isDone() && second.isDone());
            Cases.same(first.get().finish(), Finish.CANCELLED);
            Cases.same(second.get(), alone);
        }
    }

    private static void endedBySelfTest() throws Exception {
        try (Generator generator = load()) {
            Generation text = generator.start(PROMPT, LONG);
            text.next();
            SelfTest.run(generator);
            Cases.same(text.finish(), Finish.CANCELLED);
        }
    }

    private static void refusedPrompt() throws Exception {
        try (Generator generator = load()) {
            Generation text = generator.start(PROMPT, LONG);
            String first = text.next();
            try {
                generator.start(Cases.HALF, LONG);
                throw new AssertionError("half a character was taken");
            } catch (ModelException error) {
                Cases.check(error.getMessage().contains("half a character"), error.getMessage());
            }
            while (text.hasNext()) {
                first += text.next();
            }
            Cases.same(text.finish(), Finish.LENGTH);
            Cases.same(first, generator.generate(PROMPT, LONG));
        }
    }

    private static void staysEnded() throws Exception {
        Generator generator = load();
        Generation text = generator.generate(PROMPT, LONG, piece -> {});
        Cases.same(text.finish(), Finish.LENGTH);
        text.cancel();
        generator.close();
        Cases.same(text.finish(), Finish.LENGTH);
        Cases.same(text.ids().length, 40);
    }
}
