"""What is looked for in the tree of a file, language by language, in tree-sitter's words for queries. Captures are:

- function, method, class, module: they open a scope, and can be called or used;
- impl: opens a scope that has the name of something else, as Rust's `impl` or an extension in Swift;
- type, constant, declaration: have a name, but are no scope;
- opening: what stands around a definition and belongs to its head, as `export` or `template`;
- wrapper: what stands around it and doesn't, with its decorators;
- use: the name of what is called, made, decorated with or inherited from;
- import: a statement that names other files.

No predicates: the binding of tree-sitter asks for all the rest of a file to compare a word.
"""

from __future__ import annotations

_JAVASCRIPT = """
[(function_declaration) (generator_function_declaration) (method_definition)] @function
[(class_declaration) (variable_declarator name: (identifier) value: (class))] @class
(variable_declarator name: (identifier) value: [(arrow_function) (function_expression) (generator_function)]) @function
(pair value: [(arrow_function) (function_expression)]) @function
(assignment_expression right: [(arrow_function) (function_expression)]) @function
(program (lexical_declaration (variable_declarator name: (identifier)) @constant))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier)) @constant)))
[(export_statement) (lexical_declaration) (variable_declaration)] @opening
(call_expression function: [(identifier) @use (member_expression property: (property_identifier) @use)])
(new_expression constructor: [(identifier) @use (member_expression property: (property_identifier) @use)])
(decorator (identifier) @use)
(import_statement) @import
"""
_JSX = """
[(jsx_opening_element name: (identifier) @use) (jsx_self_closing_element name: (identifier) @use)]
"""
_TYPESCRIPT = (
    _JAVASCRIPT
    + """
[(function_signature) (method_signature) (abstract_method_signature)] @declaration
[(interface_declaration) (enum_declaration) (abstract_class_declaration)] @class
[(internal_module) (module)] @module
(type_alias_declaration) @type
(public_field_definition value: [(arrow_function) (function_expression)]) @function
(ambient_declaration) @opening
(extends_clause value: (identifier) @use)
(implements_clause (type_identifier) @use)
(extends_type_clause (type_identifier) @use)
"""
)
_C = """
[(function_definition) (preproc_function_def)] @function
[(struct_specifier body: (_)) (union_specifier body: (_)) (enum_specifier body: (_))] @class
(declaration declarator: [(function_declarator) (pointer_declarator declarator: (function_declarator))]) @declaration
(type_definition) @type
(preproc_def) @constant
(call_expression function: [(identifier) @use (field_expression field: (field_identifier) @use)])
(preproc_include) @import
"""

QUERIES = {
    "bash": """
(function_definition) @function
(program (variable_assignment) @constant)
(command name: (command_name (word) @use))
""",
    "c": _C,
    "c_sharp": """
[(class_declaration) (struct_declaration) (interface_declaration) (record_declaration) (enum_declaration)] @class
[(method_declaration) (constructor_declaration) (destructor_declaration) (operator_declaration)] @method
[(property_declaration) (indexer_declaration)] @method
(local_function_statement) @function
[(namespace_declaration) (file_scoped_namespace_declaration)] @module
(delegate_declaration) @type
(invocation_expression function: [(identifier) @use (generic_name (identifier) @use)])
(invocation_expression function: (member_access_expression name: [(identifier) @use (generic_name (identifier) @use)]))
(object_creation_expression type: [(identifier) @use (generic_name (identifier) @use)])
(base_list [(identifier) @use (generic_name (identifier) @use)])
(attribute name: (identifier) @use)
(using_directive) @import
""",
    "cpp": _C
    + """
(class_specifier body: (_)) @class
(namespace_definition) @module
(field_declaration declarator: (function_declarator)) @declaration
[(alias_declaration) (concept_definition)] @type
(template_declaration) @opening
(qualified_identifier name: (identifier) @use)
(template_function name: (identifier) @use)
(new_expression type: (type_identifier) @use)
(base_class_clause (type_identifier) @use)
""",
    "go": """
(function_declaration) @function
[(method_declaration) (method_elem)] @method
(type_spec type: [(struct_type) (interface_type)]) @class
[(type_spec) (type_alias)] @type
(source_file (const_declaration (const_spec) @constant))
(source_file (var_declaration (var_spec) @constant))
[(type_declaration) (const_declaration) (var_declaration)] @opening
(call_expression function: [(identifier) @use (selector_expression field: (field_identifier) @use)])
(composite_literal type: [(type_identifier) @use (qualified_type name: (type_identifier) @use)])
(import_declaration) @import
""",
    "java": """
[(method_declaration) (constructor_declaration) (compact_constructor_declaration)] @method
[(class_declaration) (interface_declaration) (enum_declaration) (record_declaration)] @class
(annotation_type_declaration) @class
(method_invocation name: (identifier) @use)
(object_creation_expression type: [(type_identifier) @use (generic_type (type_identifier) @use)])
(superclass [(type_identifier) @use (generic_type (type_identifier) @use)])
(type_list [(type_identifier) @use (generic_type (type_identifier) @use)])
[(marker_annotation name: (identifier) @use) (annotation name: (identifier) @use)]
(import_declaration) @import
""",
    "javascript": _JAVASCRIPT
    + _JSX
    + """
(field_definition value: [(arrow_function) (function_expression)]) @function
(class_heritage (identifier) @use)
""",
    "kotlin": """
(function_declaration) @function
(secondary_constructor) @method
[(class_declaration) (object_declaration)] @class
(companion_object) @impl
(type_alias) @type
(source_file (property_declaration) @constant)
(call_expression . [(identifier) @use (navigation_expression (identifier) @use .)])
(constructor_invocation (user_type (identifier) @use))
(delegation_specifier (user_type (identifier) @use))
(annotation (user_type (identifier) @use))
(import) @import
""",
    "php": """
(function_definition) @function
(method_declaration) @method
[(class_declaration) (interface_declaration) (trait_declaration) (enum_declaration)] @class
(namespace_definition body: (_)) @module
(const_element) @constant
(function_call_expression function: [(name) @use (qualified_name (name) @use)])
(member_call_expression name: (name) @use)
(nullsafe_member_call_expression name: (name) @use)
(scoped_call_expression name: (name) @use)
(object_creation_expression [(name) @use (qualified_name (name) @use)])
[(base_clause (name) @use) (class_interface_clause (name) @use)]
(namespace_use_declaration) @import
""",
    "python": """
(function_definition) @function
(class_definition) @class
(decorated_definition) @wrapper
(module (expression_statement (assignment left: (identifier)) @constant))
(type_alias_statement) @type
(call function: [(identifier) @use (attribute attribute: (identifier) @use)])
(decorator [(identifier) @use (attribute attribute: (identifier) @use)])
(class_definition superclasses: (argument_list [(identifier) @use (attribute attribute: (identifier) @use)]))
[(import_statement) (import_from_statement)] @import
""",
    "ruby": """
[(method) (singleton_method)] @function
(class) @class
(module) @module
(singleton_class) @impl
(program (assignment left: (constant)) @constant)
(call method: (identifier) @use)
(call receiver: (constant) @use)
(superclass (constant) @use)
""",
    "rust": """
[(function_item) (macro_definition)] @function
(function_signature_item) @declaration
[(struct_item) (enum_item) (union_item) (trait_item)] @class
(impl_item) @impl
(mod_item body: (_)) @module
(type_item) @type
[(const_item) (static_item)] @constant
(call_expression function: [(identifier) @use (field_expression field: (field_identifier) @use)])
(call_expression function: (scoped_identifier name: (identifier) @use))
(generic_function function: [(identifier) @use (scoped_identifier name: (identifier) @use)])
(generic_function function: (field_expression field: (field_identifier) @use))
(macro_invocation macro: (identifier) @use)
(struct_expression name: (type_identifier) @use)
(impl_item trait: [(type_identifier) @use (generic_type type: (type_identifier) @use)])
(use_declaration) @import
""",
    "scala": """
(function_definition) @function
(function_declaration) @declaration
[(class_definition) (object_definition) (trait_definition) (enum_definition) (package_object)] @class
(type_definition) @type
(compilation_unit (val_definition) @constant)
(call_expression function: [(identifier) @use (field_expression field: (identifier) @use)])
(generic_function function: [(identifier) @use (field_expression field: (identifier) @use)])
(instance_expression (type_identifier) @use)
(extends_clause type: (type_identifier) @use)
(import_declaration) @import
""",
    "swift": """
(function_declaration) @function
[(init_declaration) (deinit_declaration) (subscript_declaration)] @method
(protocol_function_declaration) @declaration
(property_declaration computed_value: (_)) @method
[(class_declaration) (protocol_declaration)] @class
(class_declaration name: (user_type)) @impl
(typealias_declaration) @type
(source_file (property_declaration) @constant)
(call_expression . (simple_identifier) @use)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @use)))
(inheritance_specifier inherits_from: (user_type (type_identifier) @use))
(import_declaration) @import
""",
    "tsx": _TYPESCRIPT + _JSX,
    "typescript": _TYPESCRIPT,
}
