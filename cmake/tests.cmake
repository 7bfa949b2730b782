# Whether the tests are built: CASTNET_TESTS_FOUND. Their framework is Catch2, version 2 or 3.
set(CASTNET_TESTS_FOUND FALSE)

# Says that the tests are off and why; stops where they must not be.
function(castnet_no_tests reason)
  if(CASTNET_TESTS STREQUAL "AUTO")
    message(STATUS "Tests: off, as ${reason}")
  else()
    message(FATAL_ERROR "CASTNET_TESTS=${CASTNET_TESTS}, but ${reason}")
  endif()
endfunction()

if(CASTNET_TESTS)
  find_package(Catch2 3 QUIET)
  set(CASTNET_CATCH_LINKS TRUE)
  if(Catch2_FOUND)  # a library; version 2 is a header
    set(CMAKE_REQUIRED_LIBRARIES Catch2::Catch2)
    unset(CASTNET_CATCH_LINKS)
    check_cxx_source_compiles([[
      #include <catch2/catch_tostring.hpp>
      int main() { return static_cast<int>(Catch::Detail::stringify(std::string("a")).size()); }]]
      CASTNET_CATCH_LINKS)
    unset(CMAKE_REQUIRED_LIBRARIES)
  else()
    find_package(Catch2 2 QUIET)
  endif()
  if(NOT Catch2_FOUND)
    castnet_no_tests("there is no Catch2, version 2 or 3: scripts/packages.sh --tests installs Debian's package")
  elseif(NOT CASTNET_CATCH_LINKS)
    castnet_no_tests("Catch2 was built with another C++ library than ${CASTNET_COMPILER} has with '${CMAKE_CXX_FLAGS}'")
  else()
    set(CASTNET_TESTS_FOUND TRUE)
  endif()
endif()
