// Cases by their names, and what they have in common: java Cases NAMES_OF_CLASS ASSETS
import ai.onnxruntime.Watch;
import android.content.res.AssetManager;
import android.os.Looper;
import com.example.app.ModelException;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/** Prints each case with what came of it: that every model that was opened is closed once, and nothing went uncaught. */
public final class Cases {
    static final String HALF = "open \ud83d the door";

    private static volatile Throwable uncaught;

    private final Map<String, Case> cases = new LinkedHashMap<>();

    /** One of them. */
    interface Case {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        Looper.prepareMainLooper();
        AssetManager.folder = new File(args[1]);
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> uncaught = error);
        Cases cases = new Cases();
        if (args[0].equals("text-classification")) {
            ClassifierCases.addTo(cases);
        } else {
            GeneratorCases.addTo(cases);
        }
        new SampleCases(args[0].equals("text-classification")).addTo(cases);
        cases.run();
        System.exit(0);
    }

    void add(String name, Case one) {
        cases.put(name, one);
    }

    private void run() {
        for (Map.Entry<String, Case> each : cases.entrySet()) {
            uncaught = null;
            int before = open();
            try {
                each.getValue().run();
                Looper.until("every model is closed", () -> uncaught != null || open() == before && !Looper.isWaitedFor());
                check(uncaught == null, "uncaught");
                System.out.println(each.getKey() + "\tok");
            } catch (Throwable error) {
                Throwable cause = uncaught == null ? error : uncaught;
                System.out.println(each.getKey() + "\t" + cause);
                cause.printStackTrace();
                Watch.LOAD.letGo();
                Watch.RUN.letGo();
            }
        }
    }

    private static int open() {
        return Watch.OPENED.get() - Watch.CLOSED.get();
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    static void same(Object found, Object expected) {
        check(expected.equals(found), found + ", expected " + expected);
    }

    /** What is computed on another thread; the main one does its work meanwhile. */
    static <T> T elsewhere(Callable<T> work) throws Exception {
        CompletableFuture<T> found = begun(work);
        Looper.until("an answer", found::isDone);
        return found.get();
    }

    static <T> CompletableFuture<T> begun(Callable<T> work) {
        CompletableFuture<T> found = new CompletableFuture<>();
        new Thread(() -> {
            try {
                found.complete(work.call());
            } catch (Exception error) {
                found.completeExceptionally(error);
            }
        }).start();
        return found;
    }

    /** That a closed model says so. */
    static void closed(Case use) throws Exception {
        try {
            use.run();
        } catch (ModelException error) {
            check(error.getMessage().contains(" is closed: load it again"), error.getMessage());
            return;
        }
        throw new AssertionError("a closed model was used");
    }
}
