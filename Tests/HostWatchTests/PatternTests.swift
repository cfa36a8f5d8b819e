import HostWatch
import Testing

/// Expressions mean what they mean to RE2, which process-exporter's configurations are written for.
@Suite struct PatternTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: [
        ("redis", "/usr/bin/redis-server", true), ("^redis", "/usr/bin/redis-server", false),
        ("server$", "redis-server", true), ("a|b", "xbx", true), ("^(a|b)$", "c", false), ("", "", true),
        ("a*", "", true), ("^a+$", "", false), ("^a?$", "aa", false), ("^a{2,3}$", "aaaa", false),
        ("^a{2,3}$", "aaa", true), ("^a{2}$", "aa", true), ("^a{2,}$", "aaaaa", true), ("^(ab){2}$", "abab", true),
        ("x{,3}", "x{,3}", true), ("^.$", "\n", false), ("(?s)^.$", "\n", true), ("(?i)REDIS", "Redis", true),
        ("(?i:RE)dis", "reDIS", false), ("(?i)[a-f]+$", "ABC", true), ("\\d+\\.\\d+", "v6.18", true),
        ("^\\S+$", "a b", false), ("\\bfoo\\b", "a foo b", true), ("\\bfoo\\b", "afoo", false),
        ("[^a-c]", "abc", false), ("[]]", "]", true), ("[a-]", "-", true), ("[[:digit:]]+", "7", true),
        ("^[[:^alpha:]]$", "x", false), ("\\x41\\x{1F600}", "A😀", true), ("^é.$", "é😀", true),
        ("(?m)^b$", "a\nb\nc", true), ("^b$", "a\nb\nc", false), ("a(?i)b|c", "C", true),
        ("\\.conf\\z", "a.conf", true),
        ("(a*)*b", "aaab", true), ("(a|ab)(c|bcd)$", "abcd", true), ("\\[x\\]", "[x]", true), ("()|a", "", true),
    ])
    func finds(pattern: String, text: String, isFound: Bool) throws {
        #expect(try Pattern(pattern).isFound(in: Self.bytes(text)) == isFound)
    }

    @Test(arguments: [
        ("(?P<a>.+) (?P<b>.+)", "x y z", ["a": "x y", "b": "z"]),
        ("(?P<a>.+?) (?P<b>.+)", "x y z", ["a": "x", "b": "y z"]),
        ("(?P<a>x)|(?P<b>y)", "y", ["b": "y"]), ("(?P<a>a*)", "baa", ["a": ""]), ("b(?P<a>a*)", "baa", ["a": "aa"]),
        ("(?:(?P<a>.))+", "xyz", ["a": "z"]), ("-c (?P<c>\\S+)", "p -c é/ü.conf -d", ["c": "é/ü.conf"]),
        ("(?P<a>a|ab)(?:c|bcd)?", "abcd", ["a": "a"]), ("(?P<x>x{2,3}?)x*", "xxxxx", ["x": "xx"]),
    ])
    func captures(pattern: String, text: String, captures: [String: String]) throws {
        #expect(try Pattern(pattern).captures(in: Self.bytes(text)) == captures)
    }

    @Test(arguments: [
        ("(", "missing )"), (")", "unexpected )"), ("[a", "missing ]"), ("[z-a]", "z-a"), ("a{3,2}", "{3,2}"),
        ("[[:no:]]", "[:no:]"), ("*a", "no argument for repetition"), ("a**", "bad repetition operator"),
        ("a{1001}", "{1001}"), ("\\1", "back-references"), ("\\", "trailing \\"), ("(?=a)", "(?:…)"),
        ("(?P<a b>x)", "(?P<a b>"), ("(?<a>x)", "write (?P<NAME>…)"),
        ("((a{1000}){1000}){1000}", "repetition"), (String(repeating: "(", count: 2000), "missing )"),
    ])
    func refuses(pattern: String, reason: String) throws {
        let error = try #require(throws: PatternError.self) { try Pattern(pattern) }
        #expect("\(error)".contains(reason), "\(error)")
    }

    /// A backtracking engine takes 2^30 steps for 30 characters of the first.
    @Test(arguments: ["^(a+)+$", "(a|a)*c", ".*.*.*.*.*=.*x", "(.*)*(.*)*b"])
    func takesTimeLinearInHostileText(pattern: String) throws {
        let pattern = try Pattern(pattern)
        func seconds(_ count: Int) -> Duration {
            let text = [UInt8](repeating: 0x61, count: count) + [0x21]
            return ContinuousClock().measure { _ = pattern.isFound(in: text) }
        }
        let short = (0..<5).map { _ in seconds(2_000) }.min() ?? .zero
        // Eight times the text: a quadratic matcher takes 64 times as long.
        #expect(try #require((0..<5).map { _ in seconds(16_000) }.min()) < short * 32)
    }

    @Test func survivesEveryShortExpression() {
        let letters = Array("a*+?()[]{}|^$\\.-:<P,1").map(String.init)
        for a in letters {
            for b in letters {
                for c in letters {
                    _ = try? Pattern(a + b + c).captures(in: [0x61, 0x0A, 0x31])
                    _ = try? Pattern("(" + a + b + c + ")").isFound(in: [])
                    _ = try? Pattern("[" + a + b + c).isFound(in: [0x5D])
                }
            }
        }
    }
}
