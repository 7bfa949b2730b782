# What the compiler and its C++ library can do. Says what castnet does without, and stops where
# castnet cannot do without it. Sets
#   CASTNET_NATIVE_FLAGS     this machine's own instruction set
#   CASTNET_LINK_TIME_FLAGS  of GCC, which shares out the functions of a trainer's one source among
#                            the cores
#   castnet_openmp           threads, to link; CASTNET_OPENMP_FLAGS are its compiler's flags
#   castnet_fmt              fmt, to link; CASTNET_FMT_LIBRARY is the linker's argument for it
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
set(CASTNET_COMPILER "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")

check_cxx_source_compiles([[
  #include <algorithm>
  #include <charconv>
  #include <functional>
  #include <span>
  #include <string>
  #include <vector>
  struct Shape { int count; float slope; };
  template <Shape S> int count() { return S.count; }
  int main() {
    std::vector<std::string> names{"b", "a"};
    std::ranges::sort(names, std::ranges::less(), &std::string::size);
    const std::span<const std::string> span(names);
    return count<Shape{.count = 1, .slope = 0.5F}>() + static_cast<int>(span.size());
  }]] CASTNET_HAS_CXX20)
if(NOT CASTNET_HAS_CXX20)
  unset(CASTNET_HAS_CXX20 CACHE)  # another C++ library may be there next time
  message(FATAL_ERROR "castnet needs more of C++20 than ${CASTNET_COMPILER} has with its C++ library. "
                      "GCC 11 and Clang 14 have enough, and of LLVM's libc++, version 15 "
                      "(docs/platforms.md). -DCMAKE_CXX_COMPILER=... names a compiler")
endif()

set(CASTNET_NATIVE_FLAGS)
if(CASTNET_NATIVE)
  # Clang has the second one on some processors of Arm.
  check_cxx_compiler_flag(-march=native CASTNET_HAS_MARCH_NATIVE)
  if(CASTNET_HAS_MARCH_NATIVE)
    set(CASTNET_NATIVE_FLAGS -march=native)
  else()
    check_cxx_compiler_flag(-mcpu=native CASTNET_HAS_MCPU_NATIVE)
    if(CASTNET_HAS_MCPU_NATIVE)
      set(CASTNET_NATIVE_FLAGS -mcpu=native)
    endif()
  endif()
  if(CASTNET_NATIVE_FLAGS)
    message(STATUS "Instruction set: this machine's, by ${CASTNET_NATIVE_FLAGS}")
  else()
    message(STATUS "Instruction set: the compiler's default, which trains more slowly; "
                   "${CASTNET_COMPILER} takes neither -march=native nor -mcpu=native")
  endif()
endif()

# Link time optimisation, of GCC alone: others compile a function at a time anyway.
set(CASTNET_LINK_TIME_FLAGS)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CASTNET_SANITIZE)
  set(CMAKE_REQUIRED_FLAGS -flto=auto)
  check_cxx_source_compiles("int main() { return 0; }" CASTNET_HAS_LTO)
  unset(CMAKE_REQUIRED_FLAGS)
  find_program(CASTNET_MAKE_PROGRAM NAMES make gmake)
  mark_as_advanced(CASTNET_MAKE_PROGRAM)
  if(NOT CASTNET_HAS_LTO)
    message(STATUS "Link time optimisation: none; each trainer is compiled on one core, as "
                   "${CASTNET_COMPILER} does not take -flto=auto")
  else()
    set(CASTNET_LINK_TIME_FLAGS -flto=auto)
    if(NOT CASTNET_MAKE_PROGRAM)
      message(STATUS "Link time optimisation: -flto=auto on one core, as there is no make, by which "
                     "GCC shares out the work")
    endif()
  endif()
endif()

find_package(OpenMP COMPONENTS CXX)
add_library(castnet_openmp INTERFACE)
set(CASTNET_OPENMP_FLAGS)
if(OpenMP_CXX_FOUND)
  target_link_libraries(castnet_openmp INTERFACE OpenMP::OpenMP_CXX)
  separate_arguments(CASTNET_OPENMP_FLAGS UNIX_COMMAND "${OpenMP_CXX_FLAGS}")
else()
  message(STATUS "OpenMP: none; castnet's trainers run on one core. Clang needs LLVM's own runtime "
                 "(of Debian's packages, libomp-dev or the libomp-N-dev of its version)")
endif()

find_package(fmt REQUIRED)
add_library(castnet_fmt INTERFACE)
set(CMAKE_REQUIRED_LIBRARIES fmt::fmt)
check_cxx_source_compiles([[
  #include <fmt/format.h>
  int main() { return static_cast<int>(fmt::format("{}", 1).size()); }]] CASTNET_FMT_LINKS)
unset(CMAKE_REQUIRED_LIBRARIES)
if(CASTNET_FMT_LINKS)
  target_link_libraries(castnet_fmt INTERFACE fmt::fmt)
  set(CASTNET_FMT_LIBRARY -lfmt)
else()
  message(STATUS "fmt: its headers alone, as its library was built with another C++ library")
  target_link_libraries(castnet_fmt INTERFACE fmt::fmt-header-only)
  set(CASTNET_FMT_LIBRARY)
endif()
