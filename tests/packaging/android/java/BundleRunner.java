// Runs a bundle through the package's own classes: java BundleRunner FOLDER COMMAND [ARGUMENT...]
import com.example.app.Classifier;
import com.example.app.Generation;
import com.example.app.GenerationOptions;
import com.example.app.Generator;
import com.example.app.ModelException;
import com.example.app.SelfTest;
import com.example.app.bundle.FolderFiles;
import java.io.File;
import java.io.PrintStream;
import java.util.Arrays;

/** Prints what a command gives; exits 1 with the message of a ModelException. */
public final class BundleRunner {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        FolderFiles files = new FolderFiles(new File(args[0]));
        try {
            run(files, args[1], Arrays.copyOfRange(args, 2, args.length), out);
        } catch (ModelException error) {
            out.println(error.getMessage());
            System.exit(1);
        }
        System.exit(0);
    }

    private static void run(FolderFiles files, String command, String[] rest, PrintStream out) {
        switch (command) {
            case "test-classifier":
                out.println(SelfTest.run(Classifier.load(files, 1)));
                break;
            case "test-generator":
                out.println(SelfTest.run(Generator.load(files, 1)));
                break;
            case "classify":
                try (Classifier classifier = Classifier.load(files, 1)) {
                    out.println(Answer.of(rest.length == 1
                            ? classifier.classify(rest[0])
                            : classifier.classify(rest[0], rest[1])));
                }
                break;
            case "classify-each":
                try (Classifier classifier = Classifier.load(files, 1)) {
                    out.println(SelfTest.run(classifier));
                    out.println(Answer.head(classifier));
                    for (String text : rest) {
                        out.println(Answer.of(classifier.classify(text)));
                    }
                }
                break;
            case "test-each":
                for (String folder : rest) {
                    out.println(outcome(new FolderFiles(new File(folder))));
                }
                break;
            case "generate":
                try (Generator generator = Generator.load(files, 1)) {
                    generate(generator, rest, out);
                }
                break;
            default:
                throw new IllegalArgumentException(command);
        }
    }

    /** Of the self-test, or why it could not be run. */
    private static String outcome(FolderFiles files) {
        try (Classifier classifier = Classifier.load(files, 1)) {
            return SelfTest.run(classifier).toString();
        } catch (ModelException error) {
            return error.getMessage();
        }
    }

    /** Arguments: prompt, max tokens, temperature, top-k, top-p, seed, slide, pieces before cancelling, stops. */
    private static void generate(Generator generator, String[] rest, PrintStream out) {
        GenerationOptions options = GenerationOptions.usual()
                .maxTokens(Integer.parseInt(rest[1]))
                .temperature(Double.parseDouble(rest[2]))
                .topK(Integer.parseInt(rest[3]))
                .topP(Double.parseDouble(rest[4]))
                .seed(Long.parseLong(rest[5]))
                .slidesWhenFull(rest[6].equals("slide"))
                .stops(Arrays.copyOfRange(rest, 8, rest.length));
        int[] left = {Integer.parseInt(rest[7])};
        StringBuilder text = new StringBuilder();
        Generation generation = generator.generate(rest[0], options, piece -> {
            text.append(piece);
            if (--left[0] == 0) {
                generator.cancel();
            }
        });
        out.println(generation.finish());
        out.println(Arrays.toString(generation.ids()));
        out.print(text);
    }
}
