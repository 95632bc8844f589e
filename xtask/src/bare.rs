//! A module that speaks in plain numbers: linked bytes → bytes that need no generated glue.

use anyhow::{Context, Result};
use std::path::Path;
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module, ModuleConfig, passes};

/// Parts of the names of functions that only a panic calls.
const PANICS: [&str; 5] = ["panicking", "4core3fmt", "alloc_error", "capacity_overflow", "str5count"];

/// Writes `input` to `out` with nothing exported but the memory and `exports`.
///
/// `wasm-bindgen` marks exports with a hash and adds helpers for values that are not numbers; they go. So does
/// what makes a panic's text: the module's own handler ends it without one, which only the nightly compiler
/// (`panic=immediate-abort`) can be told.
pub(crate) fn bare(input: &Path, out: &Path, exports: &[&str], names: bool) -> Result<()> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(names).generate_producers_section(false);
    let mut module = config.parse_file(input).with_context(|| format!("cannot read {}", input.display()))?;
    for export in module.exports.iter_mut() {
        if let Some((name, _)) = export.name.rsplit_once('_')
            && exports.contains(&name)
        {
            export.name = name.to_owned();
        }
    }
    let kept = |name: &str| name == "memory" || exports.contains(&name);
    let surplus: Vec<_> = module.exports.iter().filter(|e| !kept(&e.name)).map(|e| e.id()).collect();
    for export in surplus {
        module.exports.delete(export);
    }
    // wasm-opt asks which instructions it may use.
    let notes: Vec<_> = module.customs.iter().map(|(id, section)| (id, section.name().to_owned())).collect();
    for (id, name) in notes {
        if name != "target_features" {
            module.customs.delete(id);
        }
    }
    let functions: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    for id in functions {
        let name = module.funcs.get(id).name.as_deref().unwrap_or_default();
        if PANICS.iter().any(|part| name.contains(part)) {
            end_at_once(&mut module, id);
        }
    }
    passes::gc::run(&mut module);
    module.emit_wasm_file(out).with_context(|| format!("cannot write {}", out.display()))
}

/// Makes a function that would end the module in a roundabout way do so at once.
fn end_at_once(module: &mut Module, id: FunctionId) {
    let kind = module.types.get(module.funcs.get(id).ty());
    let (parameters, results) = (kind.params().to_vec(), kind.results().to_vec());
    let mut body = FunctionBuilder::new(&mut module.types, &parameters, &results);
    body.func_body().unreachable();
    let arguments = parameters.iter().map(|kind| module.locals.add(*kind)).collect();
    module.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(arguments));
}
