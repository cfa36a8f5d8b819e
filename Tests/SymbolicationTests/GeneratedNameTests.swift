import Testing

@testable import Symbolication

@Suite struct GeneratedNameTests {
    @Test(
        "Names of perf maps as people who write for the runtime read them",
        arguments: [
            ("JS:*fib /srv/a.js:3:13", "fib (/srv/a.js:3:13)"), ("JS:~fib /srv/a.js:3:13", "fib (/srv/a.js:3:13)"),
            ("LazyCompile:^Shop.price file:///srv/a b.mjs:1:2", "Shop.price (/srv/a b.mjs:1:2)"),
            ("JS:* /srv/a.js:4:68", "(anonymous) (/srv/a.js:4:68)"), ("JS:+fib", "fib"), ("Eval:~ ", "(anonymous)"),
            ("JS:fib /srv/a.js:3:13", "JS:fib /srv/a.js:3:13"), ("JS:*", "JS:*"), ("JS:", "JS:"),
            ("py::Shop.price:/srv/a.py", "Shop.price (/srv/a.py)"), ("py::<module>:<string>", "<module> (<string>)"),
            ("py::fib:", "py::fib:"), ("py::", "py::"), ("py:::/srv/a.py", "py:::/srv/a.py"),
            ("Builtin:ArrayMap", "Builtin:ArrayMap"), ("BytecodeHandler:LdaZero", "BytecodeHandler:LdaZero"),
            ("Lcom/example/Shop;::price", "Lcom/example/Shop;::price"), ("", ""),
        ])
    func readable(name: String, readable: String) { #expect(GeneratedName.readable(name) == readable) }
}
