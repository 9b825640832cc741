// A bundle whose files are what its manifest says.
package @@ID@@.bundle;

import @@ID@@.ModelException;
import @@ID@@.json.Json;
import @@ID@@.json.JsonObject;
import @@ID@@.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Every file is compared with its hash when it is read; {@link ModelException} for one that is another. None is read
 * once the model is loaded: what the self-test needs is kept.
 */
public final class Bundle {
    private static final String TOKENIZER = "tokenizer.json";
    private static final String GOLDEN = "golden.jsonl";

    private final BundleFiles files;
    private final Manifest manifest;
    // as its lines; they are parsed when they are asked for. Null where the bundle has none
    private final String golden;

    private Bundle(BundleFiles files, Manifest manifest) {
        this.files = files;
        this.manifest = manifest;
        golden = manifest.hasFile(GOLDEN) ? text(GOLDEN) : null;
    }

    /** Opens a bundle for a task; refuses one for another. */
    public static Bundle open(BundleFiles files, String task) {
        try {
            String text = new String(files.read("manifest.json"), StandardCharsets.UTF_8);
            Manifest manifest = new Manifest(Json.parseObject(text));
            if (!manifest.task().equals(task)) {
                throw new ModelException("this bundle is for " + manifest.task() + ", not for " + task);
            }
            return new Bundle(files, manifest);
        } catch (IOException error) {
            throw new ModelException("there is no bundle: manifest.json cannot be read: " + error.getMessage(), error);
        }
    }

    public Manifest manifest() {
        return manifest;
    }

    public Tokenizer tokenizer() {
        return new Tokenizer(text(TOKENIZER));
    }

    /** The content of the model file. */
    public ByteBuffer model() {
        String name = manifest.modelFile();
        try {
            ByteBuffer content = files.map(name);
            manifest.check(name, content);
            return content;
        } catch (IOException error) {
            throw new ModelException(name + " cannot be read: " + error.getMessage(), error);
        }
    }

    /** The golden cases, from memory. */
    public List<JsonObject> goldenCases() {
        if (golden == null) {
            throw new ModelException("the bundle has no golden cases: its manifest lists no " + GOLDEN);
        }
        List<JsonObject> found = new ArrayList<>();
        for (String line : golden.split("\n")) {
            if (!line.trim().isEmpty()) {
                found.add(Json.parseObject(line));
            }
        }
        if (found.isEmpty()) {
            throw new ModelException(GOLDEN + " holds no case");
        }
        return found;
    }

    private String text(String name) {
        try {
            byte[] content = files.read(name);
            manifest.check(name, ByteBuffer.wrap(content));
            return new String(content, StandardCharsets.UTF_8);
        } catch (IOException error) {
            throw new ModelException(name + " cannot be read: " + error.getMessage(), error);
        }
    }
}
