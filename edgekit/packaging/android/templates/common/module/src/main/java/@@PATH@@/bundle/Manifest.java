// What a bundle says of itself.
package @@ID@@.bundle;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A manifest.json that was checked. */
public final class Manifest {
    public static final String CLASSIFICATION = "text-classification";
    public static final String GENERATION = "text-generation";

    private static final int FORMAT_VERSION = 2;
    private static final double USUAL_TOLERANCE = 1e-4;

    private final JsonObject json;

    Manifest(JsonObject json) {
        this.json = json;
        int version = json.whole("format_version");
        if (version == 1) {
            throw new ModelException("manifest.json is of an older format: export the bundle again with edgekit");
        }
        if (version != FORMAT_VERSION) {
            throw new ModelException(
                    "manifest.json has format version " + version + "; this package reads " + FORMAT_VERSION);
        }
        if (!task().equals(CLASSIFICATION) && !task().equals(GENERATION)) {
            throw new ModelException("the bundle is for " + task() + ", which this package does not run");
        }
        if (maxLength() < 1 || padId() < 0 || atol() < 0 || rtol() < 0) {
            throw new ModelException("manifest.json: max_length, pad_id or parity is a number that no model has");
        }
        checkContentHash();
    }

    public String task() {
        return json.text("task");
    }

    public String modelFile() {
        return json.text("model_file");
    }

    /** The label of each logit. */
    public List<String> labels() {
        return Collections.unmodifiableList(json.texts("labels"));
    }

    /** The most tokens that the model takes. */
    public int maxLength() {
        return json.whole("max_length");
    }

    public int padId() {
        return json.whole("pad_id");
    }

    /** The names of the model's inputs, in order. */
    public List<String> inputNames() {
        List<String> found = new ArrayList<>();
        for (JsonObject input : json.objects("inputs")) {
            found.add(input.text("name"));
        }
        return found;
    }

    /** The token that begins a text of a decoder; null where there is none. */
    public Integer startId() {
        JsonObject generation = json.object("generation");
        return generation.has("bos_id") ? generation.whole("bos_id") : null;
    }

    /** The tokens with which a decoder ends its text. */
    public Set<Integer> endIds() {
        Set<Integer> found = new HashSet<>();
        for (int id : json.object("generation").wholes("eos_ids")) {
            found.add(id);
        }
        return found;
    }

    /** How far a logit of a golden case may be off, and how far in proportion to it. */
    public double atol() {
        return json.has("parity") ? json.object("parity").numberOr("atol", USUAL_TOLERANCE) : USUAL_TOLERANCE;
    }

    public double rtol() {
        return json.has("parity") ? json.object("parity").numberOr("rtol", USUAL_TOLERANCE) : USUAL_TOLERANCE;
    }

    public boolean hasFile(String name) {
        return json.object("files").has(name);
    }

    /** {@link ModelException} unless this is the file that the manifest names. */
    public void check(String name, ByteBuffer content) {
        JsonObject entry = json.object("files").object(name);
        String expected = entry.text("sha256");
        String found = Sha256.of(content);
        if (!found.equals(expected)) {
            throw new ModelException(
                    name + " is not the file of the manifest: sha256 " + found + ", expected " + expected);
        }
    }

    private void checkContentHash() {
        if (!ContentHash.of(json).equals(json.text("content_hash"))) {
            throw new ModelException("manifest.json was changed: its content_hash does not follow from what it says");
        }
    }
}
