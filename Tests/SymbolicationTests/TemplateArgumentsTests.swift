import Testing

@testable import Symbolication

@Suite struct TemplateArgumentsTests {
    @Test(
        "Names without the arguments of their templates",
        arguments: [
            ("foo", "foo"),
            ("max<int>", "max"),
            ("std::vector<int, std::allocator<int> >::push_back", "std::vector::push_back"),
            ("std::map<A, std::pair<B<1>, C>>::operator[]", "std::map::operator[]"),
            ("operator<", "operator<"),
            ("operator<< <std::char_traits<char> >", "operator<<"),
            ("std::operator<< <char>::x", "std::operator<<::x"),
            ("Box<int>::operator-><int>", "Box::operator->"),
            ("operator<=><A>", "operator<=>"),
            ("myoperator<int>", "myoperator"),
            ("Foo<(1>2)>::bar", "Foo::bar"),
            ("Foo<&(Bar::operator->)>::bar", "Foo::bar"),
            (
                "Foo<int>::bar()::{lambda(std::vector<int>)#1}::operator()",
                "Foo::bar()::{lambda(std::vector)#1}::operator()"
            ),
            ("(anonymous namespace)::f<int>", "(anonymous namespace)::f"),
            ("broken<int", "broken<int"),
            ("<", "<"), (">", ">"), ("", ""),
        ])
    func removed(name: String, short: String) { #expect(TemplateArguments.removed(from: name) == short) }
}
