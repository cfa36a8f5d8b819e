import Foundation
import TestSupport
import Testing

@testable import Symbolication

@Suite("Readable names")
struct DemanglingTests {
    @Test(
        "C++: template arguments, no parameters, no return type",
        arguments: [
            ("_Z3fooi", "foo"),
            ("_ZN3FooC1Ev", "Foo::Foo"),
            ("_ZNK3Foo3barEv", "Foo::bar"),
            ("_Z3maxIiET_S0_S0_", "max<int>"),
            ("_ZN3FoocvbEv", "Foo::operator bool"),
            ("_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back"),
            ("_ZZN3Foo3barEvENKUliE_clEi", "Foo::bar()::{lambda(int)#1}::operator()"),
            ("_ZN12_GLOBAL__N_13fooEv", "(anonymous namespace)::foo"),
        ])
    func itanium(mangled: String, readable: String) { #expect(Demangling.readable(mangled) == readable) }

    @Test(
        "Rust, both manglings, without the hash",
        arguments: [
            ("_ZN1r3gen28_$u7b$$u7b$closure$u7d$$u7d$17hf148e26d2bd8cf33E", "r::gen::{{closure}}"),
            ("_ZN34_$LT$r..Sq$u20$as$u20$r..Shape$GT$4area17h2e91c5350d839167E", "<r::Sq as r::Shape>::area"),
            ("_RNvXCs6GmmlP4bgsG_1rNtB2_2SqNtB2_5Shape4area", "<r::Sq as r::Shape>::area"),
            ("_RINvNtNtCs6GmmlP4bgsG_1r4deep2er2goKj4_EB6_", "r::deep::er::go::<4>"),
            ("_ZN1r3gen17hde1fe42b3a41d1d6E.llvm.1234567890", "r::gen"),
        ])
    func rust(mangled: String, readable: String) { #expect(Demangling.readable(mangled) == readable) }

    @Test(
        "Swift: the short form, with argument labels",
        arguments: [
            ("$s1a6WorkerC3run_5labelSbSi_SStKF", "Worker.run(_:label:)"),
            ("$s1a6WorkerC3run_5labelSbSi_SStKFS2iXEfU_", "closure #1 in Worker.run(_:label:)"),
            ("$s1a3BoxV3mapyACyqd__Gqd__xKXEKlF", "Box.map<A>(_:)"),
            ("$sSa1aSiRszlE5totalSiyF", "Array<A>.total()"),
            ("$s1a3BoxV1vxvM.resume.0", "Box.v.modify [clone .resume.0]"),
            ("_T01a3FooV3baryyF", "Foo.bar()"),
        ])
    func swift(mangled: String, readable: String) { #expect(Demangling.readable(mangled) == readable) }

    @Test(
        "what compilers append is set apart; other dots belong to the name",
        arguments: [
            ("handle.constprop.0", "handle [clone .constprop.0]"),
            ("handle.isra.0.cold", "handle [clone .isra.0.cold]"),
            ("_ZN3Foo3barEv.part.2", "Foo::bar [clone .part.2]"),
            ("table.lto_priv.0", "table [clone .lto_priv.0]"),
            ("main.(*Server).Serve", "main.(*Server).Serve"),
            ("runtime.part.of.name", "runtime.part.of.name"),
            ("main.main", "main.main"),
            (".cold", ".cold"),
        ])
    func variants(name: String, readable: String) { #expect(Demangling.readable(name) == readable) }

    @Test(
        "names that are not mangled stay as they are",
        arguments: ["main", "_Z", "_ZN", "_R", "$s", "$sX", "_T0"])
    func plain(name: String) { #expect(Demangling.readable(name) == name) }

    @Test("every C++ name of libstdc++ reads as c++filt prints it without parameters")
    func agreesWithFilter() throws {
        let workshop = try Workshop()
        let library = "/usr/lib/x86_64-linux-gnu/libstdc++.so.6"
        let names = try workshop.run(["nm", "-D", "--defined-only", library]).split(separator: "\n")
            .compactMap { $0.split(separator: " ").last?.split(separator: "@").first.map(String.init) }
            .filter { $0.hasPrefix("_Z") }
        try names.joined(separator: "\n").write(
            toFile: workshop.directory + "/names", atomically: true, encoding: .utf8)
        let expected = try workshop.run(["c++filt", "--no-params", "--no-verbose"], input: "names").split(
            separator: "\n")
        #expect(names.count > 3000)
        #expect(names.map(Demangling.readable) == expected.map(String.init))
    }
}
