# Compiler and linker flags, on one interface target.

add_library(typhon_flags INTERFACE)
target_compile_options(typhon_flags INTERFACE
    -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
    -Wno-missing-field-initializers -Wno-cast-function-type
    -fvisibility=hidden -fno-strict-aliasing -fwrapv -fno-semantic-interposition
    -ffp-contract=off)
target_compile_definitions(typhon_flags INTERFACE
    _GNU_SOURCE TYPHON_VERSION="${PROJECT_VERSION}")

# Optimisation with the profile of a training run: "generate" makes a program that writes one (make
# profile); the name of a merged profile uses it, where there is one.
set(TYPHON_PROFILE "" CACHE STRING "generate, or the file of a profile to use")
if(TYPHON_PROFILE STREQUAL "generate")
    target_compile_options(typhon_flags INTERFACE -fprofile-generate=${CMAKE_BINARY_DIR}/raw)
    target_link_options(typhon_flags INTERFACE -fprofile-generate=${CMAKE_BINARY_DIR}/raw)
elseif(EXISTS "${TYPHON_PROFILE}")
    # Functions that have changed since the profile was made are compiled without it. A new profile
    # has a new name, so that everything is compiled anew.
    file(MD5 ${TYPHON_PROFILE} digest)
    set(profile ${CMAKE_BINARY_DIR}/${digest}.profdata)
    configure_file(${TYPHON_PROFILE} ${profile} COPYONLY)
    cmake_path(GET TYPHON_PROFILE PARENT_PATH profile_folder)
    # Clang would inline what is called often up to 3000 instructions, also through pointers; that
    # was slower than less.
    set(inlining -hot-callsite-threshold=300 -disable-icp)
    # Blocks that never ran lie apart, and the functions that every start runs lie together: fewer
    # pages are loaded.
    set(layout -split-machine-functions -mfs-psi-cutoff=0 -mfs-count-threshold=1)
    target_compile_options(typhon_flags INTERFACE -fprofile-use=${profile}
        -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date -Wno-backend-plugin)
    foreach(option ${inlining})
        target_compile_options(typhon_flags INTERFACE "SHELL:-mllvm ${option}")
    endforeach()
    foreach(option ${inlining} ${layout})
        target_link_options(typhon_flags INTERFACE -Wl,-mllvm,${option})
    endforeach()
    target_link_options(typhon_flags INTERFACE -Wl,-z,keep-text-section-prefix
        -Wl,--symbol-ordering-file=${profile_folder}/start.order -Wl,--no-warn-symbol-ordering)
elseif(TYPHON_PROFILE)
    message(STATUS "No profile at ${TYPHON_PROFILE} (make profile): optimising without one")
endif()

set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_RELEASE "-O3 -g1 -DNDEBUG")

if(TYPHON_SANITIZE)
    target_compile_options(typhon_flags INTERFACE -fsanitize=${TYPHON_SANITIZE})
    target_link_options(typhon_flags INTERFACE -fsanitize=${TYPHON_SANITIZE})
    if(TYPHON_SANITIZE MATCHES "undefined")
        target_compile_options(typhon_flags INTERFACE -fno-sanitize-recover=undefined)
        if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
            # Slots and method tables call functions through their common types.
            target_compile_options(typhon_flags INTERFACE -fno-sanitize=function)
        endif()
        target_link_options(typhon_flags INTERFACE -fno-sanitize-recover=undefined)
    endif()
endif()

if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
    target_link_options(typhon_flags INTERFACE -fuse-ld=lld-19)
    if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT TYPHON_SANITIZE)
        target_compile_options(typhon_flags INTERFACE -flto=thin)
        target_link_options(typhon_flags INTERFACE -flto=thin
            -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/thinlto)
    endif()
endif()
# Symbols of static libraries are nobody's business, and what is not used goes. The sanitizers'
# malloc is the C library's business too: hidden, getline and others would use another one.
target_link_options(typhon_flags INTERFACE -no-pie -Wl,--gc-sections)
if(NOT TYPHON_SANITIZE)
    target_link_options(typhon_flags INTERFACE -Wl,--exclude-libs,ALL)
endif()

# Facts of the platform that sysconfig, import and packaging read.
set(TYPHON_MULTIARCH ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
target_compile_definitions(typhon_flags INTERFACE
    TYPHON_MULTIARCH="${TYPHON_MULTIARCH}"
    TYPHON_SOABI="cpython-314t-${TYPHON_MULTIARCH}"
    TYPHON_PREFIX="${CMAKE_INSTALL_PREFIX}")
