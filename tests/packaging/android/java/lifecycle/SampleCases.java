// The sample's screen, destroyed at any time, as on a phone that is turned.
import ai.onnxruntime.Watch;
import android.content.res.AssetManager;
import android.os.Looper;
import android.view.ViewGroup;
import android.widget.Button;
import android.widget.EditText;
import android.widget.TextView;
import com.example.app.sample.MainActivity;
import java.io.File;

final class SampleCases {
    private static final String TESTED = "golden cases reproduced";

    private final boolean classifies;

    SampleCases(boolean classifies) {
        this.classifies = classifies;
    }

    /** A screen and what is on it. */
    private static final class Screen {
        final MainActivity activity = new MainActivity();
        final EditText input;
        final Button button;
        final TextView answer;

        Screen() {
            activity.performCreate();
            ViewGroup content = (ViewGroup) activity.content();
            input = (EditText) content.getChildAt(0);
            button = (Button) content.getChildAt(1);
            answer = (TextView) content.getChildAt(2);
        }

        /** One whose model is loaded and proven. */
        static Screen ready() throws Exception {
            Screen screen = new Screen();
            Looper.until("a model", screen.button::isEnabled);
            Cases.check(screen.shown().contains(TESTED), screen.shown());
            return screen;
        }

        String shown() {
            return answer.getText().toString();
        }

        void press(String text) {
            input.setText(text);
            button.performClick();
        }

        void destroy() {
            activity.performDestroy();
        }

        /** Another one after this one, which works. */
        void turn() throws Exception {
            destroy();
            Watch.LOAD.letGo();
            Watch.RUN.letGo();
            Screen next = ready();
            next.press("open the door");
            Looper.until("an answer", () -> !next.shown().contains(TESTED));
            next.destroy();
        }
    }

    void addTo(Cases cases) {
        cases.add("the screen works", () -> Screen.ready().turn());
        cases.add("turned before the model is loaded", this::beforeLoading);
        cases.add("turned while the model loads", this::whileLoading);
        cases.add("turned before the screen hears of its model", this::beforeItHears);
        cases.add("turned while the self-test runs", this::whileTesting);
        cases.add("turned while a text is in work", this::whileRunning);
        cases.add("turned while texts wait", this::whileWaiting);
        cases.add("turned before an answer is shown", this::beforeItIsShown);
        cases.add("half a character is refused", this::halfACharacter);
        cases.add("a long text is cut or refused", this::longText);
        cases.add("a model that is not there", this::noModel);
        cases.add("pressed again while a text is in work", this::pressedAgain);
    }

    private void beforeLoading() throws Exception {
        new Screen().turn();
    }

    private void whileLoading() throws Exception {
        Watch.LOAD.hold();
        Screen screen = new Screen();
        Looper.until("loading", Watch.LOAD::isReached);
        screen.turn();
    }

    private void beforeItHears() throws Exception {
        int before = Watch.OPENED.get();
        Screen screen = new Screen();
        while (Watch.OPENED.get() == before || !Looper.isWaitedFor()) {
            Thread.sleep(1);
        }
        screen.turn();
    }

    private void whileTesting() throws Exception {
        Watch.RUN.hold();
        Screen screen = new Screen();
        Looper.until("the self-test", Watch.RUN::isReached);
        screen.turn();
    }

    private void whileRunning() throws Exception {
        Screen screen = Screen.ready();
        Watch.RUN.hold();
        screen.press("open the door");
        Looper.until("a run", Watch.RUN::isReached);
        screen.turn();
    }

    private void whileWaiting() throws Exception {
        Screen screen = Screen.ready();
        Watch.RUN.hold();
        for (String text : new String[] {"open", "close", "light"}) {
            screen.press(text);
        }
        screen.turn();
    }

    private void beforeItIsShown() throws Exception {
        Screen screen = Screen.ready();
        screen.press("open the door");
        while (!Looper.isWaitedFor()) {
            Thread.sleep(1);
        }
        screen.turn();
    }

    private void halfACharacter() throws Exception {
        Screen screen = Screen.ready();
        screen.press(Cases.HALF);
        Looper.until("a refusal", () -> screen.shown().contains("half a character"));
        screen.press("open the door");
        Looper.until("an answer", () -> !screen.shown().contains("half a character"));
        screen.destroy();
    }

    private void longText() throws Exception {
        Screen screen = Screen.ready();
        screen.press("the fox and the door ".replace(" ", " the door ").concat(new String(new char[4000]).replace("\0", "open ")));
        Looper.until("an answer", () -> classifies ? screen.shown().endsWith(" ms") : screen.shown().contains("shorten it"));
        screen.turn();
    }

    private void noModel() throws Exception {
        File assets = AssetManager.folder;
        AssetManager.folder = new File(assets, "nowhere");
        try {
            Screen screen = new Screen();
            Looper.until("a reason", () -> screen.shown().contains("manifest.json cannot be read"));
            Cases.check(!screen.button.isEnabled(), "there is nothing to press for");
            screen.destroy();
            new Screen().destroy();
        } finally {
            Looper.until("both", () -> !Looper.isWaitedFor());
            AssetManager.folder = assets;
        }
    }

    private void pressedAgain() throws Exception {
        Screen screen = Screen.ready();
        screen.press("open the door");
        Looper.until("an answer", () -> !screen.shown().contains(TESTED));
        String alone = settled(screen);
        screen.press("the fox and");
        screen.press("open the door");
        String again = settled(screen);
        Cases.check(classifies || again.equals(alone), again + ", expected " + alone);
        screen.destroy();
    }

    /** What is shown once nothing has come for a while. */
    private static String settled(Screen screen) throws Exception {
        String[] shown = {""};
        long[] since = {System.nanoTime()};
        Looper.until("an end", () -> {
            if (!shown[0].equals(screen.shown())) {
                shown[0] = screen.shown();
                since[0] = System.nanoTime();
            }
            return System.nanoTime() - since[0] > 300_000_000L;
        });
        return shown[0];
    }
}
