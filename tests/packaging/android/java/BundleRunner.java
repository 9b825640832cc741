// Runs bundles through the package's own classes: java BundleRunner, with a line of JSON for each thing to do.
import com.example.app.Classifier;
import com.example.app.Generation;
import com.example.app.GenerationOptions;
import com.example.app.Generator;
import com.example.app.ModelException;
import com.example.app.SelfTest;
import com.example.app.bundle.FolderFiles;
import com.example.app.json.Json;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** A line in is a folder, a command and its arguments; two lines out: 0 or 1, and the output or why not in Base64. */
public final class BundleRunner {
    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = ((List<?>) Json.parse(line)).toArray(new String[0]);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            PrintStream out = new PrintStream(bytes, true, "UTF-8");
            int code = 0;
            try {
                run(new FolderFiles(new File(words[0])), words[1], Arrays.copyOfRange(words, 2, words.length), out);
            } catch (ModelException error) {
                out.println(error.getMessage());
                code = 1;
            }
            System.out.println(code);
            System.out.println(Base64.getEncoder().encodeToString(bytes.toByteArray()));
        }
        System.exit(0);
    }

    private static void run(FolderFiles files, String command, String[] rest, PrintStream out) {
        switch (command) {
            case "test-classifier":
                try (Classifier classifier = Classifier.load(files, 1)) {
                    out.println(SelfTest.run(classifier));
                }
                break;
            case "test-generator":
                try (Generator generator = Generator.load(files, 1)) {
                    out.println(SelfTest.run(generator));
                }
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
