// The files of the model: what their manifest says, and that they are the ones it lists.

import Foundation

/// A model's folder whose files are what its manifest says.
public struct ModelFiles: Sendable {
    /// What a model does.
    public enum Task: String, Sendable {
        case classification = "text-classification"
        case generation = "text-generation"
    }

    /// An input or output of the model; a dimension of nil may have any length.
    package struct Tensor: Sendable {
        package let name: String
        package let type: String
        package let shape: [Int?]
    }

    public let folder: URL
    public let task: Task
    /// The label of each logit; none for a model that generates text.
    public let labels: [String]
    /// The most tokens that the model takes.
    public let maxLength: Int
    package let model: String
    package let padId: Int
    package let startId: Int?
    package let endIds: Set<Int>
    package let inputs: [Tensor]
    package let outputs: [Tensor]
    package let tolerance: Tolerance
    /// Whether a classifier takes pairs of texts: it does unless its manifest says otherwise.
    package let takesPairs: Bool
    /// Whether it was trained on pairs of texts, and knows nothing of a text alone.
    package let needsPairs: Bool
    package let logits: LogitMeaning
    /// The lines of the golden cases, kept: no file is looked for once the model is loaded. Nil where there are none.
    let goldenLines: Data?

    /// Of manifests of models whose logits are read in another way than one label out of all.
    static let headFormatVersion = 3
    private static let formatVersion = 2

    /// Read the manifest of a folder and check every file that it lists.
    ///
    /// - Throws: `ModelError.damaged` that names the file which is missing or was changed.
    public init(folder: URL) throws {
        let json = try Self.manifest(folder)
        let reader = ManifestReader(json: json)
        self.folder = folder
        let name = try reader.string("task")
        guard let task = Task(rawValue: name) else {
            throw ModelError.unsupported("manifest.json: the task is \(name), which is not known here")
        }
        self.task = task
        labels = try reader.array("labels").compactMap(\.string)
        maxLength = try reader.count("max_length")
        model = try reader.string("model_file")
        padId = try reader.count("pad_id")
        inputs = try reader.array("inputs").map(ManifestReader.tensor)
        outputs = try reader.array("outputs").map(ManifestReader.tensor)
        startId = json["generation"]?["bos_id"]?.int
        endIds = Set(json["generation"]?["eos_ids"]?.array?.compactMap(\.int) ?? [])
        tolerance = Tolerance(json["parity"])
        takesPairs = json["pairs"]?.bool ?? true
        needsPairs = json["pairs"]?.string == "only"
        logits = try LogitMeaning(json, labels: labels.count)
        try FileCheck(folder: folder, json: json).run(needed: [model, "tokenizer.json"])
        let cases = "golden.jsonl"
        let place = folder.appendingPathComponent(cases)
        goldenLines = json["files"]?[cases] == nil ? nil : try FileCheck.data(place, cases)
    }

    /// Refuse a model for another task.
    package func expect(_ wanted: Task, instead: String) throws {
        if task != wanted {
            throw ModelError.wrongTask("the model is for \(task.rawValue), not for \(wanted.rawValue): use \(instead)")
        }
    }

    /// The bytes of one of its files, not loaded where they can be mapped.
    package func data(_ name: String) throws -> Data {
        try FileCheck.data(folder.appendingPathComponent(name), name)
    }

    private static func manifest(_ folder: URL) throws -> Json {
        let name = "manifest.json"
        let data = try FileCheck.data(folder.appendingPathComponent(name), name)
        guard let json = Json([UInt8](data)) else { throw ModelError.damaged("manifest.json cannot be read") }
        let version = json["format_version"]?.int
        guard version != 1 else {
            throw ModelError.damaged("manifest.json is of an older format: export the bundle again with edgekit")
        }
        guard version == formatVersion || version == headFormatVersion else {
            let found = version.map { String($0) } ?? "unknown"
            let known = "this package reads \(formatVersion) and \(headFormatVersion)"
            throw ModelError.damaged("manifest.json has format version \(found); \(known)")
        }
        return json
    }
}

/// How far a logit may be off.
package struct Tolerance: Sendable {
    package let absolute: Double
    package let relative: Double

    init(_ json: Json?) {
        absolute = json?["atol"]?.number ?? 1e-4
        relative = json?["rtol"]?.number ?? 1e-4
    }
}

/// The fields of a manifest, with an error that names the one which is missing.
private struct ManifestReader {
    let json: Json

    func string(_ key: String) throws -> String { try found(key, json[key]?.string) }

    func count(_ key: String) throws -> Int {
        try found(key, json[key]?.int.flatMap { (0...Int(Int32.max)).contains($0) ? $0 : nil })
    }

    func array(_ key: String) throws -> [Json] { try found(key, json[key]?.array) }

    static func tensor(_ json: Json) throws -> ModelFiles.Tensor {
        guard let name = json["name"]?.string, let type = json["dtype"]?.string else {
            throw ModelError.damaged("manifest.json: an input or output has no name or dtype")
        }
        let shape = json["shape"]?.array?.map { $0.int.flatMap { (1...Int(Int32.max)).contains($0) ? $0 : nil } }
        return ModelFiles.Tensor(name: name, type: type, shape: shape ?? [])
    }

    private func found<Value>(_ key: String, _ value: Value?) throws -> Value {
        guard let value else { throw ModelError.damaged("manifest.json: \(key) is missing or of another type") }
        return value
    }
}

/// Compares the files of a folder with the hashes of its manifest.
private struct FileCheck {
    let folder: URL
    let json: Json

    func run(needed: [String]) throws {
        var lines: [(name: String, line: String)] = []
        for (key, entry) in json["files"]?.members ?? [] {
            let name = String(decoding: key, as: UTF8.self)
            guard let hash = entry["sha256"]?.string, let size = entry["bytes"]?.int,
                let runtime = entry["runtime"]?.bool
            else { throw ModelError.damaged("manifest.json: files.\(name) cannot be read") }
            try check(name, hash, size)
            lines.append((name, "\(name)\0\(hash)\0\(size)\0\(runtime ? 1 : 0)\n"))
        }
        for name in needed where !lines.contains(where: { $0.name == name }) {
            throw ModelError.damaged("manifest.json lists no hash of \(name)")
        }
        guard contentHash(of: json, files: lines) == json["content_hash"]?.string else {
            throw ModelError.damaged("manifest.json was changed: its content_hash does not follow from what it says")
        }
    }

    static func data(_ place: URL, _ name: String) throws -> Data {
        do {
            return try Data(contentsOf: place, options: .mappedIfSafe)
        } catch {
            throw ModelError.damaged("\(name) of the model is not there or cannot be read")
        }
    }

    private func check(_ name: String, _ hash: String, _ size: Int) throws {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == ".." || $0 == "." }) else {
            throw ModelError.damaged("manifest.json names \(name), which leads out of the model's folder")
        }
        let data = try Self.data(folder.appendingPathComponent(name), name)
        let found = sha256(data)
        guard found == hash, data.count == size else {
            throw ModelError.damaged("\(name) is not the file of the manifest: sha256 \(found), expected \(hash)")
        }
    }
}
