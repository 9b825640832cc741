// What the logits of a classifier mean: one label out of all, each label by itself, or a number.

/// How a manifest says that the logits of its model are read.
package enum LogitMeaning: Equatable, Sendable {
    case singleLabel
    /// From which score on each label holds, in their order.
    case multiLabel(thresholds: [Double])
    case regression

    /// - Throws: `ModelError.damaged` for a manifest that says something else, or contradicts itself.
    init(_ manifest: Json, labels: Int) throws {
        let problem = manifest["problem_type"], thresholds = manifest["thresholds"]
        guard manifest["format_version"]?.int == ModelFiles.headFormatVersion else {
            guard problem == nil, thresholds == nil else { throw Self.fault("this format has no problem_type") }
            self = .singleLabel
            return
        }
        switch problem?.string {
        case "regression":
            guard labels == 1, thresholds.map({ $0.array?.isEmpty == true }) ?? true else {
                throw Self.fault("a regression has one output and no thresholds")
            }
            self = .regression
        case "multi_label_classification":
            self = .multiLabel(thresholds: try Self.thresholds(thresholds, labels: labels))
        default: throw Self.fault("problem_type must be regression or multi_label_classification")
        }
    }

    /// What a model of this kind is called.
    package var name: String {
        switch self {
        case .singleLabel: return "single-label classifier"
        case .multiLabel: return "multi-label classifier"
        case .regression: return "regression"
        }
    }

    /// The error of a package that was made for models of another kind.
    package func otherThan(_ wanted: String) -> ModelError {
        .wrongTask("the model is a \(name), and this package is for a \(wanted): make a package of it with edgekit")
    }

    private static func thresholds(_ json: Json?, labels: Int) throws -> [Double] {
        guard let values = json?.array, labels > 0, values.count == labels else {
            throw fault("thresholds must be one for each label")
        }
        let thresholds = values.compactMap(\.number).filter { $0 > 0 && $0 < 1 }
        guard thresholds.count == labels else { throw fault("each of thresholds must be a number between 0 and 1") }
        return thresholds
    }

    private static func fault(_ what: String) -> ModelError { .damaged("manifest.json: \(what)") }
}
