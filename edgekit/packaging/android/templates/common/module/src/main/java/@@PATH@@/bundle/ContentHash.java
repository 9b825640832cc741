// The content hash of a bundle: over its files, and over every fact of its manifest that decides an answer.
package @@ID@@.bundle;

import @@ID@@.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Computed as edgekit does that writes the manifest. */
final class ContentHash {
    private static final String[] FACTS = {
        "task", "format", "model_file", "scheme", "target", "target_facts", "runtime", "family", "labels",
        "max_length", "lengths", "inputs", "outputs", "pad_id", "generation", "parity", "plan", "blocks",
    };

    // of models whose logits are read in another way than one label out of all
    private static final String[] HEAD_FACTS = {"problem_type", "thresholds"};

    private final StringBuilder text = new StringBuilder();

    private ContentHash() {}

    /** In hexadecimal digits. */
    static String of(JsonObject manifest) {
        ContentHash hash = new ContentHash();
        hash.addFiles(manifest.object("files"));
        Map<String, Object> facts = new LinkedHashMap<>();
        for (String key : FACTS) {
            facts.put(key, manifest.value(key));
        }
        if (manifest.whole("format_version") == Manifest.HEAD_FORMAT_VERSION) {
            for (String key : HEAD_FACTS) {
                facts.put(key, manifest.value(key));
            }
        }
        hash.add(facts);
        return Sha256.of(ByteBuffer.wrap(utf8(hash.text.toString())));
    }

    private void addFiles(JsonObject files) {
        for (String name : sorted(files.keys())) {
            JsonObject entry = files.object(name);
            String runtime = entry.bool("runtime") ? "1" : "0";
            text.append(name).append('\0').append(entry.text("sha256")).append('\0');
            text.append(entry.whole("bytes")).append('\0').append(runtime).append('\n');
        }
    }

    /** A number as the digits of its double, a text behind its length in UTF-8, the keys of an object in order. */
    private void add(Object value) {
        if (value == null) {
            text.append('n');
        } else if (value instanceof Boolean) {
            text.append((Boolean) value ? 't' : 'f');
        } else if (value instanceof Number) {
            // a zero without its sign
            long bits = Double.doubleToLongBits(((Number) value).doubleValue() + 0.0);
            text.append('d');
            for (int shift = 60; shift >= 0; shift -= 4) {
                text.append(Character.forDigit((int) (bits >>> shift) & 15, 16));
            }
        } else if (value instanceof String) {
            text.append('s').append(utf8((String) value).length).append(':').append((String) value);
        } else if (value instanceof List) {
            text.append('[');
            for (Object item : (List<?>) value) {
                add(item);
            }
            text.append(']');
        } else {
            addObject((Map<?, ?>) value);
        }
    }

    private void addObject(Map<?, ?> values) {
        List<String> keys = new ArrayList<>();
        for (Object key : values.keySet()) {
            keys.add((String) key);
        }
        text.append('{');
        for (String key : sorted(keys)) {
            add(key);
            add(values.get(key));
        }
        text.append('}');
    }

    /** In the order of their bytes in UTF-8, which is that of code points and not of {@link String}. */
    private static List<String> sorted(List<String> names) {
        List<String> found = new ArrayList<>(names);
        found.sort(ContentHash::compare);
        return found;
    }

    private static int compare(String one, String other) {
        byte[] left = utf8(one);
        byte[] right = utf8(other);
        for (int at = 0; at < Math.min(left.length, right.length); at++) {
            if (left[at] != right[at]) {
                return (left[at] & 255) - (right[at] & 255);
            }
        }
        return left.length - right.length;
    }

    private static byte[] utf8(String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }
}
