# make install PREFIX=…: bin/typhon, lib/python3.14t, include/python3.14t.

set(TYPHON_LINK_NAME "" CACHE STRING "Also install the binary under this name, e.g. python3.14t")

install(TARGETS typhon RUNTIME DESTINATION bin)
install(DIRECTORY ${stdlib_folder}/ DESTINATION lib/python3.14t
    PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/lib/ DESTINATION lib/python3.14t
    PATTERN "__pycache__" EXCLUDE)
install(DIRECTORY ${TYPHON_DEPS}/wheels/ DESTINATION lib/python3.14t
    PATTERN ".complete" EXCLUDE)
install(DIRECTORY include/ DESTINATION include/python3.14t)
if(TYPHON_LINK_NAME)
    install(CODE "file(CREATE_LINK typhon
        \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/${TYPHON_LINK_NAME}\" SYMBOLIC)")
endif()
