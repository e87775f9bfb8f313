# The library beside the binary, so that the build folder works like an installation:
# BUILD/lib/python3.14t holds links to the fetched standard library, to our lib/ and to the wheel of
# pip.

set(library ${CMAKE_BINARY_DIR}/lib/python3.14t)
add_custom_target(library ALL
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/scripts/link_library.py
        ${library} ${stdlib_folder} ${CMAKE_SOURCE_DIR}/lib ${TYPHON_DEPS}/wheels
    COMMENT "Linking the library")
