// A reader of JSON: maps, lists, strings, numbers, booleans and null.
package @@ID@@.json;

import @@ID@@.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads one JSON value. Whole numbers become {@link Long}, others {@link Double}. */
public final class Json {
    private static final int DEEPEST = 64;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** The value of a JSON text; {@link ModelException} with the place where it breaks off. */
    public static Object parse(String text) {
        Json reader = new Json(text);
        Object value = reader.value(0);
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.broken("something follows the value");
        }
        return value;
    }

    /** The object of a JSON text. */
    public static JsonObject parseObject(String text) {
        return JsonObject.of(parse(text), "the text");
    }

    private Object value(int depth) {
        if (depth > DEEPEST) {
            throw broken("nested too deeply");
        }
        skipSpace();
        char first = peek();
        switch (first) {
            case '{':
                return object(depth);
            case '[':
                return list(depth);
            case '"':
                return string();
            case 't':
                return word("true", Boolean.TRUE);
            case 'f':
                return word("false", Boolean.FALSE);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> found = new LinkedHashMap<>();
        at++;
        skipSpace();
        if (taken('}')) {
            return found;
        }
        do {
            skipSpace();
            if (peek() != '"') {
                throw broken("a name is missing");
            }
            String name = string();
            skipSpace();
            expect(':');
            found.put(name, value(depth + 1));
            skipSpace();
        } while (taken(','));
        expect('}');
        return found;
    }

    private List<Object> list(int depth) {
        List<Object> found = new ArrayList<>();
        at++;
        skipSpace();
        if (taken(']')) {
            return found;
        }
        do {
            found.add(value(depth + 1));
            skipSpace();
        } while (taken(','));
        expect(']');
        return found;
    }

    private String string() {
        at++;
        int end = at;
        while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\\') {
            end++;
        }
        if (end < text.length() && text.charAt(end) == '"') {
            String plain = text.substring(at, end);
            at = end + 1;
            return plain;
        }
        return escapedString();
    }

    private String escapedString() {
        StringBuilder found = new StringBuilder();
        while (peek() != '"') {
            char next = text.charAt(at++);
            found.append(next == '\\' ? escaped() : next);
        }
        at++;
        return found.toString();
    }

    private char escaped() {
        char kind = peek();
        at++;
        switch (kind) {
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'u':
                return unit();
            case '"':
            case '\\':
            case '/':
                return kind;
            default:
                throw broken("an unknown escape");
        }
    }

    private char unit() {
        int value = 0;
        for (int digit = 0; digit < 4; digit++) {
            int part = Character.digit(peek(), 16);
            if (part < 0) {
                throw broken("four hexadecimal digits are missing");
            }
            value = value * 16 + part;
            at++;
        }
        return (char) value;
    }

    private Object number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(start, at);
        try {
            boolean whole = digits.indexOf('.') < 0 && digits.indexOf('e') < 0 && digits.indexOf('E') < 0;
            return whole ? (Object) Long.valueOf(digits) : (Object) Double.valueOf(digits);
        } catch (NumberFormatException error) {
            throw broken("no value");
        }
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw broken("no value");
        }
        at += word.length();
        return value;
    }

    private char peek() {
        if (at >= text.length()) {
            throw broken("it breaks off");
        }
        return text.charAt(at);
    }

    private boolean taken(char wanted) {
        boolean found = at < text.length() && text.charAt(at) == wanted;
        if (found) {
            at++;
        }
        return found;
    }

    private void expect(char wanted) {
        if (!taken(wanted)) {
            throw broken(wanted + " is missing");
        }
    }

    private void skipSpace() {
        while (at < text.length() && " \n\r\t".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private ModelException broken(String what) {
        return new ModelException("not valid JSON at character " + at + ": " + what);
    }
}
