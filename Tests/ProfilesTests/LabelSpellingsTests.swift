import Testing

@testable import ProfileFormats

@Suite struct LabelSpellingsTests {
    @Test(arguments: [
        ("std::map<int, std::vector<A>>::find(int const&) const", "std::map::find", "find"),
        ("std::thread::_State_impl<std::function<void()>>::_M_run()", "std::thread::_State_impl::_M_run", "_M_run"),
        ("a::(anonymous namespace)::f(int)", "a::f", "f"),
        ("bool operator<(A const&, A const&)", "bool operator<", "bool operator<"),
        ("A<B>::operator()(int) const", "A::operator()", "operator()"),
        ("std::ostream& operator<< <char>(std::ostream&)", "std::ostream& operator<<", "ostream& operator<<"),
        ("A<B>::operator()<C<int*>, D>(int) const", "A::operator()", "operator()"),
        ("bool operator< <A>(A const&)", "bool operator<", "bool operator<"),
        ("ns::operator<<<int>(A)", "ns::operator<<", "operator<<"),
        ("ns::operator<=><A>(A)", "ns::operator<=>", "operator<=>"),
        ("ns::operator==<A>(A)", "ns::operator==", "operator=="),
        ("A<B>::operator-><C>()", "A::operator->", "operator->"),
        ("A::operator->() const", "A::operator->", "operator->"),
        ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "drop", "drop"),
        ("net/http.(*conn).serve", "net/http.(*conn).serve", "http.(*conn).serve"),
        ("map<(A) -> B>(_:)", "map", "map"),
        ("[libfoo.so+0x12]", "[libfoo.so+0x12]", "[libfoo.so+0x12]"),
        ("a < b", "a < b", "a < b"),
        ("<lambda>", "<lambda>", "<lambda>"),
        ("main", "main", "main"),
    ])
    func argumentsGoBeforeTheMethod(name: String, withoutArguments: String, method: String) {
        let spellings = LabelSpellings(name)
        #expect(spellings.withoutArguments == withoutArguments)
        #expect(spellings.method == method)
    }

    @Test(arguments: [
        (40, "std::map<int, A>::find(int)"), (20, "std::map::find"), (8, "find"), (3, "fi…"),
    ])
    func asMuchAsFitsIsShown(columns: Int, shown: String) {
        #expect(LabelSpellings("std::map<int, A>::find(int)").fitted(to: columns) == shown)
    }
}
