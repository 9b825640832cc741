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

    public static final String SINGLE_LABEL = "single_label_classification";
    public static final String MULTI_LABEL = "multi_label_classification";
    public static final String REGRESSION = "regression";

    /** Of manifests that say how their model's logits are read. */
    static final int HEAD_FORMAT_VERSION = 3;

    private static final int FORMAT_VERSION = 2;
    private static final double USUAL_TOLERANCE = 1e-4;

    private final JsonObject json;

    Manifest(JsonObject json) {
        this.json = json;
        int version = json.whole("format_version");
        if (version == 1) {
            throw new ModelException("manifest.json is of an older format: export the bundle again with edgekit");
        }
        if (version != FORMAT_VERSION && version != HEAD_FORMAT_VERSION) {
            throw new ModelException("manifest.json has format version " + version + "; this package reads "
                    + FORMAT_VERSION + " and " + HEAD_FORMAT_VERSION);
        }
        if (!task().equals(CLASSIFICATION) && !task().equals(GENERATION)) {
            throw new ModelException("the bundle is for " + task() + ", which this package does not run");
        }
        if (maxLength() < 1 || padId() < 0 || atol() < 0 || rtol() < 0) {
            throw new ModelException("manifest.json: max_length, pad_id or parity is a number that no model has");
        }
        checkHead(version);
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

    /** How the logits of a classifier are read. */
    public String problemType() {
        return json.textOr("problem_type", SINGLE_LABEL);
    }

    /** From which score on each label of a multi-label model holds; none of any other. */
    public double[] thresholds() {
        List<?> values = json.has("thresholds") ? json.list("thresholds") : Collections.emptyList();
        double[] found = new double[values.size()];
        for (int place = 0; place < found.length; place++) {
            Object value = values.get(place);
            // what is no number is no threshold
            found[place] = value instanceof Number ? ((Number) value).doubleValue() : Double.NaN;
        }
        return found;
    }

    /** {@link ModelException} unless the logits of the model are read in this way. */
    public void expect(String wanted) {
        if (!problemType().equals(wanted)) {
            throw new ModelException("this package is for models of problem type " + wanted + ", and the bundle is of "
                    + problemType() + ": make a package of that with edgekit");
        }
    }

    /** Whether a classifier takes pairs of texts: it does unless its manifest says otherwise. */
    public boolean takesPairs() {
        return needsPairs() || json.boolOr("pairs", true);
    }

    /** Whether a classifier was trained on pairs of texts, and knows nothing of a text alone. */
    public boolean needsPairs() {
        return "only".equals(json.value("pairs"));
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

    private void checkHead(int version) {
        String fault = version == HEAD_FORMAT_VERSION ? headFault() : null;
        if (version == FORMAT_VERSION && (json.has("problem_type") || json.has("thresholds"))) {
            fault = "this format has no problem_type";
        }
        if (fault != null) {
            throw new ModelException("manifest.json: " + fault);
        }
    }

    /** What is wrong with how the logits are read; null where nothing is. */
    private String headFault() {
        int labels = labels().size();
        double[] thresholds = thresholds();
        if (problemType().equals(REGRESSION)) {
            return labels == 1 && thresholds.length == 0 ? null : "a regression has one output and no thresholds";
        }
        if (!problemType().equals(MULTI_LABEL)) {
            return "problem_type must be " + REGRESSION + " or " + MULTI_LABEL;
        }
        if (labels == 0 || thresholds.length != labels) {
            return "thresholds must be one for each label";
        }
        for (double threshold : thresholds) {
            if (!(threshold > 0 && threshold < 1)) {
                return "each of thresholds must be a number between 0 and 1";
            }
        }
        return null;
    }

    private void checkContentHash() {
        if (!ContentHash.of(json).equals(json.text("content_hash"))) {
            throw new ModelException("manifest.json was changed: its content_hash does not follow from what it says");
        }
    }
}
