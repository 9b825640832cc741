// Tokenizes lines: java TokenizerRunner tokenizer.json MAX_LENGTH < texts.jsonl > ids.jsonl
import com.example.app.json.Json;
import com.example.app.tokenizer.Tokenizer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.List;

/** A line in is a text, a pair of texts, or a list of ids; a line out its ids, or the text of the ids. */
public final class TokenizerRunner {
    public static void main(String[] args) throws Exception {
        byte[] file = Files.readAllBytes(Paths.get(args[0]));
        Tokenizer tokenizer = new Tokenizer(new String(file, StandardCharsets.UTF_8));
        int longest = Integer.parseInt(args[1]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, "UTF-8");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.println(answer(tokenizer, Json.parse(line), longest));
        }
        out.flush();
    }

    private static String answer(Tokenizer tokenizer, Object line, int longest) {
        if (line instanceof String) {
            return Arrays.toString(tokenizer.encode((String) line, null, longest).ids());
        }
        List<?> parts = (List<?>) line;
        if (!parts.isEmpty() && parts.get(0) instanceof String) {
            return Arrays.toString(tokenizer.encode((String) parts.get(0), (String) parts.get(1), longest).ids());
        }
        return quoted(tokenizer.decode(parts.stream().mapToInt(id -> ((Long) id).intValue()).toArray()));
    }

    private static String quoted(String text) {
        StringBuilder found = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            found.append(String.format("\\u%04x", (int) unit));
        }
        return found.append('"').toString();
    }
}
