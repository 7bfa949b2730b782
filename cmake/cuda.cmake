# CUDA and cuDNN for the cuda target. CASTNET_CUDA: AUTO (if both are there and work), ON (must be
# there), OFF. Sets CASTNET_CUDA_FOUND and, if true, enables the language CUDA and sets
#   castnet_cudnn               cuDNN and the headers of CUDA, to link
#   CUDNN_INCLUDE_DIR, CUDNN_LIBRARY
#   CASTNET_CUDA_FLAGS          nvcc's flags for all CUDA sources
#   CASTNET_CUDA_KNOWN_ARCHITECTURES  kinds of GPUs that nvcc compiles for
#   CASTNET_CUDA_HOST_COMPILER  that nvcc calls
# Hints: CMAKE_CUDA_COMPILER or $CUDACXX (nvcc), CUDNN_ROOT (a folder with include/ and lib/).
set(CASTNET_CUDA AUTO CACHE STRING "Build what the cuda target needs: AUTO, ON or OFF")
set_property(CACHE CASTNET_CUDA PROPERTY STRINGS AUTO ON OFF)
set(CUDNN_ROOT "" CACHE PATH "Folder with cuDNN's include/ and lib/")
set(CASTNET_CUDA_ARCHITECTURES "" CACHE STRING
    "GPUs to compile for, e.g. 80;90 (default: all from 75 on that nvcc knows)")
option(CASTNET_KERNEL_TABLE "Write what each CUDA kernel takes beside its object, for scripts/kernels.sh" OFF)
set(CASTNET_CUDA_FLAGS --expt-relaxed-constexpr)
set(CASTNET_CUDA_FOUND FALSE)

# Says that CUDA is off and why; stops where it must not be.
macro(castnet_no_cuda)
  string(CONCAT reason ${ARGN})
  if(CASTNET_CUDA STREQUAL "AUTO")
    message(STATUS "CUDA: off; ${reason}")
  else()
    message(FATAL_ERROR "CASTNET_CUDA=${CASTNET_CUDA}, but ${reason}")
  endif()
endmacro()

# nvcc, where it is not given: in $CUDA_PATH, $CUDA_HOME, PATH, the usual folders.
function(castnet_find_nvcc)
  file(GLOB toolkits LIST_DIRECTORIES TRUE /usr/local/cuda-* /opt/cuda)
  list(SORT toolkits COMPARE NATURAL ORDER DESCENDING)
  find_program(CASTNET_NVCC_PROGRAM nvcc
    HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda ${toolkits} PATH_SUFFIXES bin)
endfunction()

# Folders of Python packages of cuDNN (nvidia-cudnn-cu13 and the like).
function(castnet_python_cudnn result)
  set(patterns)
  foreach(prefix $ENV{VIRTUAL_ENV} $ENV{CONDA_PREFIX} $ENV{HOME}/.local /usr /usr/local /opt/*)
    foreach(packages site-packages dist-packages)
      list(APPEND patterns ${prefix}/lib/python3*/${packages}/nvidia/cudnn)
    endforeach()
  endforeach()
  file(GLOB found LIST_DIRECTORIES TRUE ${patterns})
  set(${result} ${found} PARENT_SCOPE)
endfunction()

# cudnn.h, and the library that belongs to it.
function(castnet_find_cudnn nvcc)
  get_filename_component(real ${nvcc} REALPATH)
  get_filename_component(toolkit ${real}/../.. ABSOLUTE)
  castnet_python_cudnn(python)
  find_path(CUDNN_INCLUDE_DIR cudnn.h
    HINTS ${CUDNN_ROOT} ENV CUDNN_ROOT ${toolkit} PATHS ${python} PATH_SUFFIXES include)
  find_library(CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 NAMES_PER_DIR
    HINTS ${CUDNN_INCLUDE_DIR}/.. ${CUDNN_ROOT} ENV CUDNN_ROOT ${toolkit} PATHS ${python}
    PATH_SUFFIXES lib lib64)
endfunction()

# Whether nvcc and its host compiler take C++20 and this cuDNN; `result` says what is wrong.
function(castnet_try_nvcc nvcc host result)
  set(folder ${CMAKE_BINARY_DIR}/CMakeFiles/castnet_cuda)
  file(WRITE ${folder}/probe.cu
    "#include <cudnn.h>\n#if CUDNN_MAJOR < 9\n#error castnet needs cuDNN 9\n#endif\n"
    "#include <span>\nint elements(std::span<float> x) { return static_cast<int>(x.size()); }\n")
  execute_process(
    COMMAND ${nvcc} -std=c++20 -ccbin=${host} -isystem ${CUDNN_INCLUDE_DIR} -c probe.cu -o probe.o
    WORKING_DIRECTORY ${folder} RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
  set(${result} "" PARENT_SCOPE)
  if(NOT status EQUAL 0)
    set(${result} "${status}\n${text}" PARENT_SCOPE)
  endif()
endfunction()

# What this nvcc knows.
function(castnet_known_architectures nvcc result)
  execute_process(COMMAND ${nvcc} --list-gpu-arch OUTPUT_VARIABLE text)
  string(REGEX MATCHALL "compute_[0-9]+" known "${text}")
  list(TRANSFORM known REPLACE "compute_" "")
  set(${result} ${known} PARENT_SCOPE)
endfunction()

# Of the known ones, those from Turing on; machine code for each, PTX for the oldest and the newest.
function(castnet_architectures result)
  set(chosen)
  foreach(architecture IN LISTS ARGN)
    # Not those of single boards: their machine code runs on no other GPU.
    if(architecture GREATER_EQUAL 75 AND NOT architecture MATCHES "^(87|88|101|110|121)$")
      list(APPEND chosen ${architecture})
    endif()
  endforeach()
  list(SORT chosen COMPARE NATURAL)
  list(POP_FRONT chosen oldest)
  list(POP_BACK chosen newest)
  list(TRANSFORM chosen APPEND -real)
  set(${result} ${oldest} ${chosen} ${newest} PARENT_SCOPE)
endfunction()

macro(castnet_enable_cuda)
  castnet_known_architectures(${CMAKE_CUDA_COMPILER} CASTNET_CUDA_KNOWN_ARCHITECTURES)
  if(NOT CASTNET_CUDA_ARCHITECTURES)
    castnet_architectures(CASTNET_CUDA_ARCHITECTURES ${CASTNET_CUDA_KNOWN_ARCHITECTURES})
  endif()
  set(CMAKE_CUDA_ARCHITECTURES ${CASTNET_CUDA_ARCHITECTURES})
  set(CMAKE_CUDA_HOST_COMPILER ${CASTNET_CUDA_HOST_COMPILER})
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  set(CMAKE_CUDA_EXTENSIONS OFF)
  # CMake 3.25 does not know that nvcc takes C++20.
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  endif()
  add_library(castnet_cudnn INTERFACE)
  target_include_directories(castnet_cudnn SYSTEM INTERFACE
    ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES} ${CUDNN_INCLUDE_DIR})
  target_link_libraries(castnet_cudnn INTERFACE ${CUDNN_LIBRARY})
  if(CASTNET_KERNEL_TABLE)
    list(PREPEND CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_SOURCE_DIR}/scripts/kernel_resources.sh)
  endif()
  set(CASTNET_CUDA_FOUND TRUE)
  message(STATUS "CUDA: ${CMAKE_CUDA_COMPILER} ${CMAKE_CUDA_COMPILER_VERSION}, ${CUDNN_LIBRARY}, "
                 "GPUs ${CASTNET_CUDA_ARCHITECTURES}")
endmacro()

macro(castnet_look_for_cuda)
  if(NOT CMAKE_CUDA_COMPILER AND DEFINED ENV{CUDACXX})
    set(CMAKE_CUDA_COMPILER $ENV{CUDACXX})
  elseif(NOT CMAKE_CUDA_COMPILER)
    castnet_find_nvcc()
    if(CASTNET_NVCC_PROGRAM)
      set(CMAKE_CUDA_COMPILER ${CASTNET_NVCC_PROGRAM})
    endif()
  endif()
  # The compiler of the rest of castnet; CMAKE_CUDA_HOST_COMPILER or $CUDAHOSTCXX names another.
  set(CASTNET_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
  if(CMAKE_CUDA_HOST_COMPILER)
    set(CASTNET_CUDA_HOST_COMPILER ${CMAKE_CUDA_HOST_COMPILER})
  elseif(DEFINED ENV{CUDAHOSTCXX})
    set(CASTNET_CUDA_HOST_COMPILER $ENV{CUDAHOSTCXX})
  endif()
  if(NOT CMAKE_CUDA_COMPILER)
    castnet_no_cuda("there is no nvcc in \$CUDA_PATH/bin, \$CUDA_HOME/bin, PATH, "
                    "/usr/local/cuda*/bin or /opt/cuda/bin. \$CUDACXX or -DCMAKE_CUDA_COMPILER names it")
  else()
    castnet_find_cudnn(${CMAKE_CUDA_COMPILER})
    if(NOT CUDNN_INCLUDE_DIR OR NOT CUDNN_LIBRARY)
      castnet_no_cuda("there is no cuDNN (cudnn.h and libcudnn.so) in \$CUDNN_ROOT, the folder of "
                      "the CUDA Toolkit, Python's nvidia/cudnn or the system's folders. "
                      "-DCUDNN_ROOT names its folder")
    else()
      castnet_try_nvcc(${CMAKE_CUDA_COMPILER} ${CASTNET_CUDA_HOST_COMPILER} problem)
      if(problem)
        castnet_no_cuda("${CMAKE_CUDA_COMPILER} does not compile C++20 with cuDNN 9 and "
                        "${CASTNET_CUDA_HOST_COMPILER}:\n${problem}")
      else()
        castnet_enable_cuda()
      endif()
    endif()
  endif()
endmacro()

if(CASTNET_CUDA STREQUAL "AUTO" AND (CASTNET_SANITIZE OR CASTNET_FUZZ))
  message(STATUS "CUDA: off, as sanitizers are on")
elseif(CASTNET_CUDA)
  castnet_look_for_cuda()
endif()
