import Testing

@testable import Symbolication

@Suite struct TemplateArgumentsTests {
    private static let long = "a::very::long::name::of::a::type, 1234"

    @Test(
        "Names without long lists of template arguments",
        arguments: [
            ("foo", "foo"),
            ("max<int>", "max<int>"),
            ("Pipeline<Response>::run", "Pipeline<Response>::run"),
            ("std::map<A, \(long)>::operator[]", "std::map<…>::operator[]"),
            ("std::map<A, std::pair<B<1>, C<\(long)>>>::operator[]", "std::map<…>::operator[]"),
            ("f<\(long)>::g<int>::h<\(long)>", "f<…>::g<int>::h<…>"),
            ("operator<", "operator<"),
            ("operator<< <\(long)>", "operator<< <…>"),
            ("Box<int>::operator-><\(long)>", "Box<int>::operator-><…>"),
            ("operator<=><A>", "operator<=><A>"),
            ("myoperator<\(long)>", "myoperator<…>"),
            ("Foo<(1>2), \(long)>::bar", "Foo<…>::bar"),
            ("Foo<&(Bar::operator->), \(long)>::bar", "Foo<…>::bar"),
            ("(anonymous namespace)::f<\(long)>", "(anonymous namespace)::f<…>"),
            ("broken<\(long)", "broken<\(long)"),
            ("<", "<"), (">", ">"), ("", ""),
        ])
    func shortened(name: String, short: String) { #expect(TemplateArguments.shortened(in: name) == short) }
}
