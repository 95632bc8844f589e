//! The console's `view!`: Leptos' markup, compiled to data.
//!
//! Leptos' own macro makes a type of every element with its attributes and children, and the compiler then makes
//! code of every type. This one writes the constant part of the markup as a text that `dom::Page` plays back, with a
//! call for each value in between. A page then costs its words and its closures.
//!
//! A template is a list of lines; the first character says what the line does:
//!
//! | line | does |
//! |---|---|
//! | `<div` | opens an element |
//! | `>` | closes it |
//! | `=class card` | sets an attribute |
//! | `@aria-label` | takes the next value for an attribute, `prop:`, `style:`, `class:`, `on:` or `node_ref` |
//! | `"text` | adds text |
//! | `{` | takes the next value as children |

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use rstml::node::{KeyedAttribute, Node, NodeAttribute, NodeBlock, NodeElement};
use syn::spanned::Spanned;
use syn::{Block, Error, Expr, ExprLit, Lit, Stmt};

/// Markup as in Leptos: `view! { <p class="small" title=words on:click=move |_| act()>{child}" text"</p> }`.
#[proc_macro]
pub fn view(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    written(input.into()).unwrap_or_else(Error::into_compile_error).into()
}

fn written(input: TokenStream) -> Result<TokenStream, Error> {
    let mut page = Page::default();
    for node in rstml::parse2(input)? {
        page.node(&node)?;
    }
    let (template, parts) = (page.lines.join("\n"), page.parts);
    // A name of its own: what the values call `page` stays theirs.
    let page = Ident::new("page", Span::mixed_site());
    Ok(quote!({
        let mut #page = crate::dom::Page::new(#template);
        #(#page.#parts;)*
        #page.done()
    }))
}

/// What has been read so far.
#[derive(Default)]
struct Page {
    lines: Vec<String>,
    parts: Vec<TokenStream>,
}

impl Page {
    fn node(&mut self, node: &Node) -> Result<(), Error> {
        match node {
            Node::Element(element) => self.element(element),
            Node::Block(NodeBlock::ValidBlock(block)) => {
                let value = bare(block).map_or_else(|| quote!(#block), |value| quote!(#value));
                self.lines.push("{".to_owned());
                self.parts.push(quote!(child(#value)));
                Ok(())
            }
            Node::Text(text) => self.line('"', &text.value_string(), text),
            other => Err(Error::new(other.span(), "only elements, quoted text and {blocks} make a view")),
        }
    }

    fn element(&mut self, element: &NodeElement<rstml::Infallible>) -> Result<(), Error> {
        self.line('<', &element.name().to_string(), element)?;
        for attribute in element.attributes() {
            match attribute {
                NodeAttribute::Attribute(attribute) => self.attribute(attribute)?,
                NodeAttribute::Block(block) => {
                    return Err(Error::new(block.span(), "an attribute has a name"));
                }
            }
        }
        for child in element.children() {
            self.node(child)?;
        }
        self.lines.push(">".to_owned());
        Ok(())
    }

    fn attribute(&mut self, attribute: &KeyedAttribute) -> Result<(), Error> {
        let name = attribute.key.to_string();
        match attribute.value() {
            None => self.line('=', &format!("{name} "), attribute),
            Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
                self.line('=', &format!("{name} {}", text.value()), attribute)
            }
            Some(value) => {
                let value = unbraced(value);
                let maker = match name.as_str() {
                    "node_ref" => quote!(node),
                    "on:keydown" => quote!(keys),
                    event if event.starts_with("on:") => quote!(event),
                    _ => quote!(value),
                };
                self.parts.push(quote!(#maker(#value)));
                self.line('@', &name, attribute)
            }
        }
    }

    fn line(&mut self, kind: char, text: &str, at: &impl Spanned) -> Result<(), Error> {
        if text.contains('\n') {
            return Err(Error::new(at.span(), "one line: the template is made of lines"));
        }
        self.lines.push(format!("{kind}{text}"));
        Ok(())
    }
}

/// The only expression of a block.
fn bare(block: &Block) -> Option<&Expr> {
    match block.stmts.as_slice() {
        [Stmt::Expr(value, None)] => Some(value),
        _ => None,
    }
}

/// The expression inside braces that only markup needs.
fn unbraced(value: &Expr) -> &Expr {
    match value {
        Expr::Block(block) => bare(&block.block).unwrap_or(value),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, template: &str, parts: &str) {
        let expected =
            format!("{{ let mut page = crate::dom::Page::new({template:?}); {parts} page.done() }}");
        let expected: TokenStream = expected.parse().expect("the expected tokens parse");
        let made = written(input.parse().expect("the markup parses")).expect("the markup is fine");
        assert_eq!(made.to_string(), expected.to_string());
    }

    #[test]
    fn constant_markup_is_one_text() {
        check(
            r#"<p class="small" hidden>"Hello"<br /></p>"#,
            "<p\n=class small\n=hidden \n\"Hello\n<br\n>\n>",
            "",
        );
    }

    #[test]
    fn what_is_not_constant_becomes_a_value_in_order() {
        check(
            r#"<a href=to aria-label=t(m::BACK) on:click=go on:keydown=keys node_ref=link>{icon("back")}</a>{rest}"#,
            "<a\n@href\n@aria-label\n@on:click\n@on:keydown\n@node_ref\n{\n>\n{",
            r#"page.value(to); page.value(t(m::BACK)); page.event(go); page.keys(keys); page.node(link);
               page.child(icon("back")); page.child(rest);"#,
        );
    }

    #[test]
    fn what_cannot_be_a_line_is_refused() {
        for input in ["<p>\"two\\nlines\"</p>", "<p {..rest}></p>"] {
            assert!(written(input.parse().expect("tokens")).is_err(), "{input}");
        }
    }
}
