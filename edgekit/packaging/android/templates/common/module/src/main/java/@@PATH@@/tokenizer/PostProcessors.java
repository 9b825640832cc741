// Post-processors from their descriptions in tokenizer.json.
package @@ID@@.tokenizer;

import @@ID@@.ModelException;
import @@ID@@.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Builds post-processors; one that is not known is refused by its name. */
final class PostProcessors {
    static final PostProcessor NONE = new PostProcessor() {
        @Override
        public int added(boolean pair) {
            return 0;
        }

        @Override
        public List<Encoding> process(List<Encoding> encodings) {
            return encodings;
        }
    };

    private PostProcessors() {}

    static PostProcessor from(JsonObject config) {
        String type = config.text("type");
        switch (type) {
            case "TemplateProcessing":
                return new Template(config);
            case "BertProcessing":
                return new ClassifierTokens(config, false);
            case "RobertaProcessing":
                return new ClassifierTokens(config, true);
            case "ByteLevel":
                // it moves offsets, which nobody asks for here
                return NONE;
            case "Sequence":
                return sequence(config.objects("processors"));
            default:
                throw new ModelException("tokenizer.json has a post-processor unknown to this package: " + type);
        }
    }

    private static PostProcessor sequence(List<JsonObject> configs) {
        List<PostProcessor> steps = new ArrayList<>();
        for (JsonObject config : configs) {
            steps.add(from(config));
        }
        return new PostProcessor() {
            @Override
            public int added(boolean pair) {
                int total = 0;
                for (PostProcessor step : steps) {
                    total += step.added(pair);
                }
                return total;
            }

            @Override
            public List<Encoding> process(List<Encoding> encodings) {
                List<Encoding> found = encodings;
                for (PostProcessor step : steps) {
                    found = step.process(found);
                }
                return found;
            }
        };
    }
}
