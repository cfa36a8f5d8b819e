package import ObjectFiles

/// What the texts in an object file say of the version of CPython in it; 3.6 to 3.10 have no variable that gives it.
///
/// The texts are `PY_VERSION`, which may be the end of another text, as the linker stores what others end with once; and
/// the directory of the library, which ends with `python3.8`. Other software has versions of its own.
package struct CPythonVersionEvidence: Sendable {
    /// Why the texts give no version.
    package enum Failure: Error, Hashable, Sendable {
        case unreadable(ObjectFileError)
        case none
        case several([CPythonVersion])

        package var text: String {
            switch self {
            case .unreadable(let error): error.message
            case .none: "no text in it is one from 3.6 to 3.14"
            case .several(let versions): "its texts name \(versions.map(\.description).joined(separator: " and "))"
            }
        }
    }

    let version: CPythonVersion

    init(in object: ObjectFile) throws(Failure) {
        var texts = CPythonVersionTexts()
        do throws(ObjectFileError) {
            for section in object.sections
            where section.isAllocated && !section.isExecutable && section.name.hasPrefix(".rodata") {
                texts.add(from: try object.contents(of: section, limit: Self.largestSection))
            }
        } catch {
            throw .unreadable(error)
        }
        try self.init(texts, fileName: object.path.split(separator: "/").last.map(String.init(_:)) ?? "")
    }

    init(_ texts: CPythonVersionTexts, fileName: String) throws(Failure) {
        var minors = texts.directories
        if let named = CPythonVersionTexts.minor(inFileName: fileName) {
            minors = minors.isEmpty ? [named] : minors.intersection([named])
            guard !minors.isEmpty else { throw .none }
        }
        let versions = texts.versions.filter { minors.isEmpty || minors.contains($0.minor) }.sorted()
        guard let first = versions.first else { throw .none }
        guard versions.count == 1 else { throw .several(versions) }
        version = first
    }

    private static let largestSection = 256 << 20
}

/// The texts in an object file that may be about a version of CPython.
struct CPythonVersionTexts {
    private(set) var versions: Set<CPythonVersion> = []
    /// The minor versions in names of directories, such as `lib/python3.8`.
    private(set) var directories: Set<Int> = []

    mutating func add(from bytes: [UInt8]) {
        var index = bytes.startIndex
        while let start = bytes[index...].firstIndex(of: UInt8(ascii: "3")) {
            index = start + 1
            guard index < bytes.endIndex, bytes[index] == UInt8(ascii: ".") else { continue }
            let text = bytes[start...].prefix(Self.longest).prefix { $0 != 0 }
            guard text.endIndex < bytes.endIndex, bytes[text.endIndex] == 0 else { continue }
            add(text, after: bytes[max(0, start - Self.longest)..<start])
        }
    }

    private mutating func add(_ text: ArraySlice<UInt8>, after before: ArraySlice<UInt8>) {
        // 13.8.1 and 1.3.8 are others.
        if let last = before.last, last == UInt8(ascii: ".") || Self.isDigit(last) { return }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let minor = parts.count > 1 ? Self.number(parts[1]) : nil, Self.minors.contains(minor) else { return }
        if parts.count == 2, before.suffix(6).elementsEqual("python".utf8) { directories.insert(minor) }
        if parts.count == 3, let micro = Self.micro(parts[2]) {
            versions.insert(CPythonVersion(3, minor, micro))
        }
    }

    /// 8 of `python3.8` and of `libpython3.8.so.1.0`.
    static func minor(inFileName name: String) -> Int? {
        guard let range = name.firstRange(of: "python3.") else { return nil }
        return number(Array(name[range.upperBound...].utf8).prefix(while: isDigit))
    }

    /// The number that a third part begins with: a release has nothing behind it, a release candidate `rc1`, and a build of
    /// later sources `+`.
    private static func micro(_ part: ArraySlice<UInt8>) -> Int? {
        var rest = part.drop(while: isDigit)
        if rest.last == UInt8(ascii: "+") { rest = rest.dropLast() }
        guard rest.isEmpty || rest.starts(with: "rc".utf8) && rest.dropFirst(2).allSatisfy(isDigit) else { return nil }
        return number(part.prefix(while: isDigit))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...3).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// The versions that the texts decide; later ones have a variable for it.
    private static let minors = 6...12
    /// `3.10.13rc12+`.
    private static let longest = 16
}
