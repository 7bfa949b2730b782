# castnet_host_cuda: CUDA's runtime and cuDNN, as far as castnet uses them, on the host.
file(GLOB HOST_CUDA_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
add_library(castnet_host_cuda STATIC ${HOST_CUDA_SOURCES})
target_include_directories(castnet_host_cuda BEFORE
  PUBLIC ${CMAKE_CURRENT_LIST_DIR}/include
  PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(castnet_host_cuda
  PUBLIC castnet_openmp ${CMAKE_DL_LIBS}
  PRIVATE castnet_warnings)
# Fast in every build: networks train on it.
target_compile_options(castnet_host_cuda PRIVATE ${CASTNET_KERNEL_FLAGS})
# Messages name kernels by the program's own symbols.
target_link_options(castnet_host_cuda INTERFACE -rdynamic)

# castnet_host_cuda_sources(TARGET FILES...): adds .cu files to a target, compiled as C++ for the
# host.
function(castnet_host_cuda_sources target)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-x;c++")
  target_sources(${target} PRIVATE ${ARGN})
  target_link_libraries(${target} PRIVATE castnet_host_cuda)
endfunction()

# The cuda target's runtime on it, for each precision; in fp32, as castnet_runtime_cuda_host, it is
# what `castnet verify` links on a machine without a GPU.
file(GLOB RUNTIME_CUDA_SOURCES CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/runtime/cuda/*.cpp ${CMAKE_SOURCE_DIR}/runtime/cuda/*.cu)
function(castnet_runtime_on_host library precision)
  add_library(${library} STATIC)
  castnet_host_cuda_sources(${library} ${RUNTIME_CUDA_SOURCES})
  set_target_properties(${library} PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  target_compile_definitions(${library} PUBLIC CASTNET_PRECISION=${precision})
  target_compile_options(${library} PRIVATE ${CASTNET_KERNEL_FLAGS} -O1)
  target_link_libraries(${library}
    PUBLIC castnet_runtime castnet_host_cuda
    PRIVATE castnet_warnings CLI11::CLI11 castnet_fmt)
endfunction()
castnet_runtime_on_host(castnet_runtime_cuda_host fp32)
castnet_runtime_on_host(castnet_runtime_cuda_host_tf32 tf32)
castnet_runtime_on_host(castnet_runtime_cuda_host_bf16 bf16)
# As the others' files are called.
set_target_properties(castnet_runtime_cuda_host PROPERTIES OUTPUT_NAME castnet_runtime_cuda_host_fp32)
set_target_properties(castnet_host_cuda PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

castnet_test(host_cuda_test castnet_host_cuda)
target_include_directories(castnet_tests_host_cuda_test PRIVATE ${RUNTIME_HEADERS})
# One of its kernels has a large frame, which the host's stacks must hold.
set_source_files_properties(host_cuda_test/kernels.cpp PROPERTIES COMPILE_OPTIONS
  -Wno-frame-larger-than)

# Whether the headers here still say what the real ones say.
set(HOST_CUDA_REAL_HEADERS)
if(CASTNET_CUDA_FOUND)
  set(HOST_CUDA_REAL_HEADERS ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES} ${CUDNN_INCLUDE_DIR})
endif()
add_test(NAME host_cuda_api
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/check_api.sh ${CMAKE_CXX_COMPILER} ${HOST_CUDA_REAL_HEADERS})
set_tests_properties(host_cuda_api PROPERTIES SKIP_RETURN_CODE 77)
