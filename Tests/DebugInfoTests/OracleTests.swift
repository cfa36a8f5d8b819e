import DebugInfo
import Foundation
import ObjectFiles
import ProfileModel
import TestSupport
import Testing

/// Lines of inlined C++ against those of two other readers, wherever these agree.
@Suite struct OracleTests {
    private static let source = """
        #include <algorithm>
        #include <map>
        #include <string>
        #include <vector>
        namespace shop {
        template <class Key> struct Tree {
            std::map<Key, std::vector<Key>> items;
            void add(Key key, Key value) { items[key].push_back(value); }
            long total() const {
                long sum = 0;
                for (auto &[key, values] : items) for (auto &value : values) sum += std::hash<Key>()(value);
                return sum;
            }
        };
        }
        int main(int count, char **) {
            shop::Tree<std::string> tree;
            std::vector<int> numbers;
            for (int i = 0; i < count * 100; i++) tree.add(std::to_string(i % 7), std::to_string(i));
            for (int i = 0; i < count * 50; i++) numbers.push_back(i * 7 % 13);
            std::sort(numbers.begin(), numbers.end(), [](int a, int b) { return (a ^ 5) < b; });
            return tree.total() + numbers[0] & 1;
        }

        """

    @Test(arguments: ["-gdwarf-4", "-gdwarf-5"]) func `Lines are those that others find`(version: String) throws {
        let workshop = try Workshop()
        let path = try workshop.build(
            "program", from: Self.source, in: "program.cpp", with: "g++", "-std=c++17", "-O2", "-g", version, "-o",
            "program", "program.cpp")
        let object = try openObject(path)
        let text = try #require(object.section(named: ".text"))
        var random = SeededGenerator(state: 1)
        let addresses = (0..<400).map { _ in
            FileAddress(rawValue: text.address.rawValue + UInt64.random(in: 0..<text.size, using: &random))
        }
        try workshop.write(addresses.map { "\($0)\n" }.joined(), to: "addresses")
        let (first, second) = (
            try positions("addr2line", path, workshop), try positions("eu-addr2line", path, workshop)
        )
        let store = DebugInformationStore()
        var compared = 0
        for address in addresses {
            guard let calls = first["\(address)"], let others = second["\(address)"],
                calls.map(\.position) == others.map(\.position), calls.map(\.position) != ["?"]
            else { continue }
            compared += 1
            let found = store.calls(at: address, in: object).map { call in
                call.source.map { Self.position("\($0.file):\($0.line)") } ?? "?"
            }
            let expected = [calls, Self.joined(calls)].map { $0.map(\.position) }
            #expect(expected.contains(found), "\(address): \(found) instead of \(expected)")
        }
        #expect(compared > 200)
    }

    private struct Call {
        let function: String
        /// A file's base name and a line.
        let position: String
    }

    /// The calls at each address, innermost first.
    private func positions(_ tool: String, _ path: String, _ workshop: Workshop) throws -> [String: [Call]] {
        let output = try workshop.run([tool, "-a", "-i", "-f", "-e", path], input: "addresses")
        var positions: [String: [Call]] = [:]
        var address = ""
        var lines = output.split(separator: "\n").makeIterator()
        while let line = lines.next() {
            if line.hasPrefix("0x"), let value = UInt64(line.dropFirst(2), radix: 16) {
                address = "\(FileAddress(rawValue: value))"
                positions[address] = []
            } else if let position = lines.next() {
                positions[address]?.append(Call(function: String(line), position: Self.position(String(position))))
            }
        }
        return positions
    }

    /// Without the parts of functions that GCC split and joined again, which others show as calls.
    private static func joined(_ calls: [Call]) -> [Call] {
        calls.enumerated().filter { $0.offset == 0 || calls[$0.offset - 1].function != $0.element.function }
            .map(\.element)
    }

    private static func position(_ text: String) -> String {
        let base = text.split(separator: " ").first?.split(separator: "/").last.map(String.init) ?? ""
        let parts = base.split(separator: ":")
        return parts.count < 2 || parts[0].hasPrefix("?") || ["0", "?"].contains(parts[1])
            ? "?" : "\(parts[0]):\(parts[1])"
    }
}
