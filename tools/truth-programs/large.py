"""Writes a large source for a compiler: its argument is the language."""

import sys

FUNCTIONS = 3000
HEADS = {
    "c": "void *malloc(unsigned long);\nvoid free(void *);\nunsigned long strlen(const char *);\n",
    "go": "package main\n\nfunc main() { f0(1) }\n\n"}
BODIES = {
    "c": """
struct s{n} {{ int a[{m}]; struct s{n} *next; double d; }};
int f{n}(int x) {{
    struct s{n} v = {{ {{ x, {n} }}, 0, x * 0.{m} }};
    for (int i = 0; i < x % {m}; i++) {{
        switch ((v.a[i % {m}] + i) % 7) {{
        case 0: v.a[i % {m}] += x * {n}; break;
        case 1: v.d *= 1.5; break;
        case 3: v.a[0] ^= (int)strlen((char *)v.a); break;
        case 5: v.next = malloc(sizeof v); if (v.next) *v.next = v; free(v.next); break;
        default: v.a[i % {m}]--;
        }}
    }}
    return v.a[0] + (int)v.d{call};
}}
""",
    "go": """
type s{n} struct {{ a [{m}]int; next *s{n}; m map[string]int }}

func f{n}(x int) int {{
    v := s{n}{{m: map[string]int{{"a": x, "b": {n}}}}}
    for i := 0; i < x%{m}; i++ {{
        switch (v.a[i%{m}] + i) % 7 {{
        case 0:
            v.a[i%{m}] += x * {n}
        case 3:
            v.next = &s{n}{{a: v.a}}
        case 5:
            defer func() {{ v.m["c"] = len(v.m) }}()
        default:
            v.m["b"]--
        }}
    }}
    return v.a[0] + len(v.m){call}
}}
""",
    "rs": """
#[derive(Debug, Clone)]
pub struct S{n} {{ a: [i32; {m}], next: Option<Box<S{n}>>, text: String }}

pub fn f{n}(x: i32) -> i32 {{
    let mut v = S{n} {{ a: [x; {m}], next: None, text: format!("{{}}", x) }};
    for i in 0..(x % {m}) {{
        match (v.a[(i % {m}) as usize] + i) % 7 {{
            0 => v.a[0] += x * 3,
            3 => v.next = Some(Box::new(v.clone())),
            5 => v.text.push_str(&format!("{{:?}}", v.next)),
            _ => v.a[1] -= 1,
        }}
    }}
    v.text.chars().filter(|c| c.is_numeric()).count() as i32 + v.a.iter().sum::<i32>(){call}
}}
""",
    "swift": """
public struct S{n} {{ var a = [Int](repeating: {n}, count: {m}); var text = "s"; var more: [String: Int] = [:] }}

public func f{n}(_ x: Int) -> Int {{
    var v = S{n}()
    for i in 0..<(x % {m}) {{
        switch (v.a[i % {m}] + i) % 7 {{
        case 0: v.a[0] += x * {n}
        case 3: v.text += "\\(x) \\(v.a)"
        case 5: v.more[v.text, default: 0] += 1
        default: v.a[1] -= 1
        }}
    }}
    return v.a.map {{ $0 &* 2 }}.reduce(0, &+) + v.text.count{call}
}}
"""}

language = sys.argv[1]
print(HEADS.get(language, ""))
for number in range(FUNCTIONS):
    argument = "x - 1"
    call = f" + f{number - 1}({argument})" if number else ""
    print(BODIES[language].format(n=number, m=3 + number % 9, call=call))
