import SystemSupport
import Testing

@Suite struct NamePatternsTests {
    @Test func `Case and the kind of dash make no difference`() {
        let patterns = NamePatterns(["*api_key*", "Auth", "x-[ab]?"])
        for name in ["X-Api-Key", "API_KEY", "api-key-2", "AUTH", "X_B1"] { #expect(patterns.match(name), "\(name)") }
        for name in ["author", "api.key", "x_c1", "x_a", ""] { #expect(!patterns.match(name), "\(name)") }
    }

    @Test func `No pattern matches nothing, and an incomplete one is a name`() {
        #expect(!NamePatterns([]).match("a"))
        #expect(NamePatterns(["[a"]).match("[A"))
    }
}
