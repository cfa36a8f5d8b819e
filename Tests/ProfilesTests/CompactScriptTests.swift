import ProfileFormats
import Testing

/// What is left of a script's source in the files that it is copied into.
@Suite struct CompactScriptTests {
    private static func compact(_ sources: String...) -> String {
        let text = CompactScript.text(of: sources.map { Array($0.utf8) })
        return String(text.dropFirst("(() => {\n\"use strict\";\n".count).dropLast("\n})();\n".count))
    }

    @Test func `Comments, indentation and spaces beside punctuation are omitted`() {
        let source = """
            // Adds.
            function sum(a, b) {
              // Both.
              return a + b;
            }

            """
        #expect(Self.compact(source, "sum(1, 2);\n") == "function sum(a,b){return a + b;}\nsum(1,2);")
    }

    @Test(arguments: [
        #"f("a , b // c",'d = e')"#, #"f("a \" , b",' , ')"#, "f(` , ${g(` = ${h(\" { \")} = `,{a:\"}\"})} , `)",
        "f(`{ , `)", "f(` $ { , `)",
    ])
    func `Strings and templates stay as they are`(source: String) {
        #expect(Self.compact(source) == source)
    }

    @Test func `Code within templates is compacted`() {
        #expect(Self.compact("f(` , ${ a ? ` , ` : b } , `)") == "f(` , ${a?` , `:b} , `)")
    }

    @Test(arguments: ["a - -b", "a + +b", "a[b[0]] >c", "a\n[b]", "a\n(b)"])
    func `What would mean something else stays`(source: String) {
        #expect(Self.compact(source) == source)
    }
}
