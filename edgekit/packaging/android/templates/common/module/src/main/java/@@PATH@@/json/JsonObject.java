// A JSON object whose values are asked for by name and kind.
package @@ID@@.json;

import @@ID@@.ModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every getter throws {@link ModelException} that names the key where the value is missing or of another kind. */
public final class JsonObject {
    private final Map<?, ?> values;
    private final String where;

    private JsonObject(Map<?, ?> values, String where) {
        this.values = values;
        this.where = where;
    }

    /** A value as an object; `where` names it in errors. */
    public static JsonObject of(Object value, String where) {
        if (!(value instanceof Map)) {
            throw new ModelException(where + " is no object");
        }
        return new JsonObject((Map<?, ?>) value, where);
    }

    /** Whether there is a value that is not null. */
    public boolean has(String key) {
        return values.get(key) != null;
    }

    /** The value itself; null where there is none. */
    public Object value(String key) {
        return values.get(key);
    }

    public String text(String key) {
        return as(String.class, key);
    }

    public String textOr(String key, String other) {
        return has(key) ? text(key) : other;
    }

    public boolean bool(String key) {
        return as(Boolean.class, key);
    }

    public boolean boolOr(String key, boolean other) {
        return has(key) ? bool(key) : other;
    }

    public int whole(String key) {
        return whole(as(Long.class, key), key);
    }

    public int wholeOr(String key, int other) {
        return has(key) ? whole(key) : other;
    }

    public double number(String key) {
        return as(Number.class, key).doubleValue();
    }

    public double numberOr(String key, double other) {
        return has(key) ? number(key) : other;
    }

    public JsonObject object(String key) {
        return of(values.get(key), where + "." + key);
    }

    public List<?> list(String key) {
        return as(List.class, key);
    }

    /** A list of objects. */
    public List<JsonObject> objects(String key) {
        List<JsonObject> found = new ArrayList<>();
        for (Object value : list(key)) {
            found.add(of(value, where + "." + key));
        }
        return found;
    }

    /** A list of texts. */
    public List<String> texts(String key) {
        List<String> found = new ArrayList<>();
        for (Object value : list(key)) {
            if (!(value instanceof String)) {
                throw new ModelException(where + "." + key + " holds something that is no text");
            }
            found.add((String) value);
        }
        return found;
    }

    /** A list of whole numbers. */
    public int[] wholes(String key) {
        List<?> values = list(key);
        int[] found = new int[values.size()];
        for (int index = 0; index < found.length; index++) {
            Object value = values.get(index);
            if (!(value instanceof Long)) {
                throw new ModelException(where + "." + key + " holds something that is no whole number");
            }
            found[index] = whole((Long) value, key);
        }
        return found;
    }

    /** A list of numbers. */
    public float[] numbers(String key) {
        List<?> values = list(key);
        float[] found = new float[values.size()];
        for (int index = 0; index < found.length; index++) {
            Object value = values.get(index);
            if (!(value instanceof Number)) {
                throw new ModelException(where + "." + key + " holds something that is no number");
            }
            found[index] = ((Number) value).floatValue();
        }
        return found;
    }

    /** The names of all values. */
    public List<String> keys() {
        Set<?> names = values.keySet();
        List<String> found = new ArrayList<>();
        for (Object name : names) {
            found.add((String) name);
        }
        return found;
    }

    private int whole(long value, String key) {
        if (value < Integer.MIN_VALUE || value > Integer.MAX_VALUE) {
            throw new ModelException(where + "." + key + " is " + value + ", which is too large");
        }
        return (int) value;
    }

    private <T> T as(Class<T> kind, String key) {
        Object value = values.get(key);
        if (!kind.isInstance(value)) {
            throw new ModelException(where + "." + key + (value == null ? " is missing" : " is of the wrong kind"));
        }
        return kind.cast(value);
    }
}
