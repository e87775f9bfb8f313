# Modules whose code is part of the binary: importlib, and what every start imports.
# scripts/frozen.txt lists them; the freeze program compiles them into one C file.

set(stdlib_folder ${TYPHON_DEPS}/python3.14t)
if(TYPHON_STDLIB)
    set(stdlib_folder ${TYPHON_STDLIB})
endif()

set(frozen_source ${GENERATED}/frozen.c)
add_custom_command(
    OUTPUT ${frozen_source}
    COMMAND freeze ${CMAKE_SOURCE_DIR}/scripts/frozen.txt ${frozen_source}
        ${CMAKE_SOURCE_DIR}/lib ${stdlib_folder}
    DEPENDS freeze ${CMAKE_SOURCE_DIR}/scripts/frozen.txt
    COMMENT "Freezing modules")
