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
            ("$s12ProfileModel12SamplingModeO8rawValueACSgSS_tcfCTf4nd_n", "SamplingMode.init(rawValue:)"),
            ("$s11AgentServer9WebAccessC7refresh6loggery7Logging6LoggerV_tYaFTQ0_", "WebAccess.refresh(logger:)"),
        ])
    func swift(mangled: String, readable: String) { #expect(Demangling.readable(mangled) == readable) }

    @Test(
        "what compilers append is set apart; other dots belong to the name",
        arguments: [
            ("handle.constprop.0", "handle"),
            ("handle.isra.0.cold", "handle"),
            ("_ZN3Foo3barEv.part.2", "Foo::bar [clone .part.2]"),
            ("table.lto_priv.0", "table"),
            ("main.(*Server).Serve", "main.(*Server).Serve"),
            ("runtime.part.of.name", "runtime.part.of.name"),
            ("main.main", "main.main"),
            (".cold", ".cold"),
            ("main._omp_fn.0", "main [clone ._omp_fn.0]"),
            ("main._omp_fn.1.cold", "main [clone ._omp_fn.1]"),
            ("main.omp_outlined", "main [clone .omp_outlined]"),
            (".omp_outlined..3", ".omp_outlined..3"),
            ("_ZN4Mesh4moveEv._omp_fn.0", "Mesh::move [clone ._omp_fn.0]"),
            ("_ZN4Mesh4moveEv._omp_fn.1", "Mesh::move [clone ._omp_fn.1]"),
            ("_ZN4Mesh4moveEv.omp_outlined.2", "Mesh::move [clone .omp_outlined.2]"),
            ("_Z3addPfS_.avx2.0", "add [clone .avx2.0]"),
            ("_Z3addPfS_.resolver", "add [clone .resolver]"),
            ("_Z4stepP5State.actor", "step [clone .actor]"),
            ("_ZL4initv.__uniq.1234.llvm.5678.cold", "init"),
            ("_ZN1r3gen17hde1fe42b3a41d1d6E.cold", "r::gen"),
            ("_RNvXCs6GmmlP4bgsG_1rNtB2_2SqNtB2_5Shape4area.cold.1", "<r::Sq as r::Shape>::area"),
        ])
    func variants(name: String, readable: String) { #expect(Demangling.readable(name) == readable) }

    @Test(
        "entries of the linkage table are marked",
        arguments: [
            ("memcpy@plt", "memcpy@plt"),
            ("_ZNSolsEi@plt", "std::ostream::operator<<@plt"),
            ("_RNvXCs6GmmlP4bgsG_1rNtB2_2SqNtB2_5Shape4area@plt", "<r::Sq as r::Shape>::area@plt"),
            ("$s1a6WorkerC3run_5labelSbSi_SStKF@plt", "Worker.run(_:label:)@plt"),
            ("_Z@plt", "_Z@plt"),
        ])
    func linkage(name: String, readable: String) { #expect(Demangling.readable(name) == readable) }

    @Test(
        "\"sp\" and \"Dp\" in an identifier are no pack expansion",
        arguments: ["Response", "Dispatcher", "span", "TcpDp", "DpRemote"])
    func identifiers(word: String) {
        // More references than any budget of doublings would allow.
        let references = String(repeating: "S1_", count: 40)
        let name = "_ZN8PipelineI\(word.utf8.count)\(word)E3runEPS0_\(references)"
        #expect(Demangling.readable(name) == "Pipeline<\(word)>::run")
    }

    @Test("C++ names of some 30,000 characters are demangled")
    func longNames() throws {
        let workshop = try Workshop()
        let deep = "_Z3runI\(String(repeating: "3BoxI", count: 200))i\(String(repeating: "E", count: 200))Evv"
        let wide = "_Z3runI\(String(repeating: "N4shop16CartOfManyThingsINS0_3BoxEEE", count: 900))Evv"
        for name in [deep, wide] {
            try name.write(toFile: workshop.directory + "/name", atomically: true, encoding: .utf8)
            let expected = try workshop.run(["c++filt", "--no-params", "--no-recurse-limit"], input: "name")
            #expect(expected.hasPrefix("run<"))
            #expect(Demangling.readable(name) == expected.trimmingCharacters(in: .newlines))
        }
    }

    @Test(
        "names that are not mangled stay as they are",
        arguments: [
            "main", "_Z", "_ZN", "_R", "$s", "$sX", "_T0", "_Z9not_validsp", "_Z3runI3BoxE3",
            "_ZN3Foo3barEv_and_more", "_Z4init_table", "_ZN1a1bE1c1", "_Z9not_validsp.cold",
        ])
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
        #expect(names.map({ Demangling.readable($0) }) == expected.map(String.init))
    }
}
